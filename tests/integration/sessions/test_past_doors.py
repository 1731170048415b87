"""Reads with `as_of` and `known_at`: what was true and known then, at the doors."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.sessions import NOON, TOMORROW
from tests.support.sessions_bedside import APNOEA, PLACE, PRESCRIBER, Bedside, a_bedside

NIGHT = "2029-01-01T00:00:00Z"
ADMIN = "location_admin:alba"


@pytest.fixture
async def bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    async with a_bedside(mongo_url) as bedside:
        yield bedside


def then(as_of: datetime | str, known_at: datetime | str | None = None) -> str:
    def text(at: datetime | str) -> str:
        return at if isinstance(at, str) else at.isoformat().replace("+00:00", "Z")

    return f"?as_of={text(as_of)}" + ("" if known_at is None else f"&known_at={text(known_at)}")


async def asked(bedside: Bedside, path: str, *, by: str = "nurse:ada") -> httpx.Response:
    return await bedside.service.get(path, by=by)


async def shown(bedside: Bedside, path: str, *, by: str = "nurse:ada") -> Any:
    answer = await asked(bedside, path, by=by)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.parametrize("what", ["alarms", "monitoring", "readiness", "readings"])
async def test_a_time_that_is_none_and_a_stranger_are_refused_as_everywhere(
    bedside: Bedside, what: str
) -> None:
    path = f"/v1/sessions/{bedside.session}/{what}"
    assert (await asked(bedside, f"{path}?known_at=yesterday")).status_code == 422
    elsewhere = await asked(bedside, f"{path}{then(NIGHT)}", by="nurse:ada@loc_elsewhere")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "session_not_found")


@pytest.mark.parametrize("name", ["as_of", "known_at"])
async def test_a_time_to_come_is_refused(bedside: Bedside, name: str) -> None:
    """A clock that is a minute ahead asks for now."""
    await bedside.dosed()
    now = bedside.service.clock()
    path = f"/v1/sessions/{bedside.session}/monitoring?{name}="
    late = await asked(bedside, path + "2099-12-31T00:00:00Z")
    [fault] = late.json()["errors"]
    assert (late.status_code, fault["pointer"], fault["rule"]) == (422, f"/{name}", "not_in_future")
    ahead = (now + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert datetime.fromisoformat((await shown(bedside, path + ahead))["as_of"]) == now


@pytest.mark.parametrize("what", ["monitoring", "readiness"])
async def test_before_it_was_booked_there_was_none(bedside: Bedside, what: str) -> None:
    answer = await asked(bedside, f"/v1/sessions/{bedside.session}/{what}{then(NIGHT)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")


async def test_a_watch_and_its_alarms_are_shown_as_they_stood(bedside: Bedside) -> None:
    await bedside.dosed()
    path = f"/v1/sessions/{bedside.session}"
    taken_at = TOMORROW + timedelta(minutes=5)
    bedside.pass_minutes(6)
    low = {"device": "monitor_1", "sequence": 1, "taken_at": taken_at.isoformat(), "spo2": 70}
    await bedside.do("readings", low)
    bedside.pass_minutes(3)
    await bedside.do("readings", {**low, "spo2": 97, "corrects": 1})

    raised_at = TOMORROW + timedelta(minutes=6)
    before = raised_at - timedelta(seconds=1)
    assert (await shown(bedside, f"{path}/alarms{then(before)}"))["items"] == []
    [alarm] = (await shown(bedside, f"{path}/alarms{then(raised_at)}"))["items"]
    assert [one["what"] for one in alarm["history"]] == ["raised"]
    [now] = (await shown(bedside, f"{path}/alarms"))["items"]
    assert [one["what"] for one in now["history"]] == ["raised", "noted"]

    seen = await shown(bedside, f"{path}/monitoring{then(raised_at)}")
    assert (len(seen["open_alarms"]), seen["unconfirmed"]) == (1, None)
    assert (await shown(bedside, f"{path}/monitoring{then(before)}"))["open_alarms"] == []
    [reading] = (await shown(bedside, f"{path}/readings{then(taken_at, raised_at)}"))["items"]
    assert reading["spo2"] == 70


def rules(receipt: dict[str, Any]) -> list[str]:
    return [one["rule"] for one in receipt["passed"]]


async def test_readiness_of_another_time_is_what_was_decided(bedside: Bedside) -> None:
    await bedside.checked(hours_since_clear_fluids=1.5)
    path = f"/v1/sessions/{bedside.session}/readiness"
    live = await shown(bedside, path)
    [finding] = live["findings"]
    none = await asked(bedside, f"{path}{then(TOMORROW)}")
    assert (none.status_code, none.json()["code"]) == (404, "nothing_decided")
    bedside.pass_minutes(1)
    waiver = {"gate": finding["rule"], "reason": "family_waits", "seen": finding["facts"]}
    await bedside.do("waivers", waiver, by=PRESCRIBER)
    waived_at = bedside.clock()
    bedside.pass_minutes(5)
    await bedside.do("checks", {"hours_since_clear_fluids": 6.5})

    assert (await asked(bedside, f"{path}{then(TOMORROW)}")).status_code == 404
    kept = await shown(bedside, f"{path}{then(bedside.clock())}")
    assert (kept["is_open"], [one["state"] for one in kept["findings"]]) == (True, ["waived"])
    assert datetime.fromisoformat(kept["as_of"]) == waived_at
    assert rules(kept) == rules(live)
    assert (await shown(bedside, path))["findings"] == [], "What is, was not decided on yet."


async def test_a_place_is_shown_as_its_document_was(bedside: Bedside) -> None:
    path = f"/v1/locations/{PLACE}"
    now = await shown(bedside, path, by=ADMIN)
    bedside.clock.now = changed_at = NOON + timedelta(hours=1)
    handlers = bedside.service.handlers
    place = await handlers.locations.get(PLACE)
    await handlers.locations.record(place, place.describe(replace(place.details, phone="555-0199")))

    before = changed_at - timedelta(seconds=1)
    for query in (then(before), then(changed_at, before), then(before, changed_at)):
        answer = await asked(bedside, f"{path}{query}", by=ADMIN)
        assert answer.json() == now
        assert answer.headers["ETag"] == f'"{place.revision}"'
    later = await shown(bedside, f"{path}{then(changed_at)}", by=ADMIN)
    assert later == await shown(bedside, path, by=ADMIN) != now
    none = await asked(bedside, f"{path}{then(NIGHT)}", by=ADMIN)
    assert (none.status_code, none.json()["code"]) == (404, "location_not_found")


async def test_a_plan_is_shown_with_the_infusions_that_were_given_then(bedside: Bedside) -> None:
    path = "/v1/plans?patient_id=pat_1"
    await bedside.home()

    async def given(query: str) -> list[int]:
        items = (await shown(bedside, path + query.replace("?", "&")))["items"]
        return [plan["given"] for plan in items]

    completed_at = bedside.clock()
    before = completed_at - timedelta(seconds=1)
    assert await given("") == await given(then(completed_at)) == [1]
    assert await given(then(before)) == await given(then(completed_at, before)) == [0]
    assert await given(then(NIGHT)) == []


async def test_a_correction_that_is_known_holds_from_the_time_that_it_corrects(
    bedside: Bedside,
) -> None:
    await bedside.home()
    path, left_at = f"/v1/sessions/{bedside.session}", bedside.clock()
    stopped_at = TOMORROW + timedelta(minutes=40)
    rightly = stopped_at - timedelta(minutes=5)
    bedside.pass_minutes(24 * 60)
    before = bedside.clock() - timedelta(seconds=1)
    correction = {"dosing_ended_at": rightly.isoformat(), "reason": "typed_wrongly"}
    await bedside.do("correct", correction, by=PRESCRIBER)

    async def ended(as_of: datetime, known_at: datetime) -> datetime | None:
        session = await shown(bedside, path + then(as_of, known_at))
        at = session["bedside"]["dosing"]["ended_at"]
        return None if at is None else datetime.fromisoformat(at)

    an_hour_later = left_at + timedelta(hours=1)
    assert await ended(an_hour_later, before) == stopped_at
    assert await ended(an_hour_later, bedside.clock()) == rightly
    assert await ended(stopped_at - timedelta(minutes=2), bedside.clock()) == rightly
    assert await ended(stopped_at - timedelta(minutes=2), before) is None
    now = await shown(bedside, path)
    assert await shown(bedside, path + then(bedside.clock())) == now


async def test_an_adverse_event_that_was_noted_later_is_there_from_its_onset(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    path, noted_at = f"/v1/sessions/{bedside.session}", TOMORROW + timedelta(minutes=30)
    bedside.clock.now = noted_at
    onset_at = TOMORROW + timedelta(minutes=10)
    onset = {"onset_at": onset_at.isoformat()}
    event = await bedside.do("adverse-events", {**APNOEA, **onset})
    bedside.pass_minutes(10)
    await bedside.do(f"adverse-events/{event['id']}/report", {"to": "medwatch"})

    async def known(as_of: datetime, known_at: datetime) -> list[tuple[str, int]]:
        events = (await shown(bedside, path + then(as_of, known_at)))["bedside"]["adverse_events"]
        return [(one["account"]["term"], len(one["reports"])) for one in events]

    assert await known(onset_at, bedside.clock()) == [("apnoea", 0)]
    assert await known(onset_at, onset_at) == []
    assert await known(onset_at - timedelta(minutes=1), bedside.clock()) == []
    assert await known(bedside.clock(), bedside.clock()) == [("apnoea", 1)]


async def test_what_had_gone_in_is_reckoned_to_the_time_that_was_asked_for(
    bedside: Bedside,
) -> None:
    await bedside.home()
    seen = await shown(
        bedside, f"/v1/sessions/{bedside.session}{then(TOMORROW + timedelta(minutes=10))}"
    )
    dosing = seen["bedside"]["dosing"]
    assert dosing["given_mg"] == pytest.approx(dosing["rates"][0]["rate_mg_per_min"] * 10, abs=0.01)
    assert datetime.fromisoformat(dosing["as_of"]) == TOMORROW + timedelta(minutes=10)


async def test_a_note_is_shown_as_it_was_written_then(bedside: Bedside) -> None:
    await bedside.home()
    path = f"/v1/sessions/{bedside.session}/note"
    written_at = bedside.clock()
    await bedside.do("note", {"text": "Sample text."})
    bedside.pass_minutes(5)
    signed_at = bedside.clock()
    await bedside.do("note/sign", {"version": 1})
    bedside.pass_minutes(5)
    await bedside.do("note/addenda", {"text": "Sample addendum."})

    async def seen(at: datetime) -> tuple[int, int, bool, int]:
        note = await shown(bedside, path + then(at))
        drafts, addenda = len(note["drafts"]), len(note["addenda"])
        return note["version"], drafts, note["signed_at"] is not None, addenda

    assert await seen(written_at - timedelta(seconds=1)) == (0, 0, False, 0)
    assert await seen(signed_at - timedelta(seconds=1)) == (1, 1, False, 0)
    assert await seen(bedside.clock() - timedelta(seconds=1)) == (2, 1, True, 0)
    assert await shown(bedside, path + then(bedside.clock())) == await shown(bedside, path)


async def test_the_board_of_another_time_is_what_it_showed_then(bedside: Bedside) -> None:
    path = f"/v1/locations/{PLACE}/board"
    seen: dict[datetime, Any] = {}

    async def look() -> None:
        seen[bedside.clock()] = (await shown(bedside, path))["cards"]
        bedside.pass_minutes(1)

    bedside.clock.now = TOMORROW - timedelta(minutes=5)
    await look()
    await bedside.dosed()
    await look()
    low = {"device": "monitor_1", "sequence": 1, "spo2": 70, "heart_rate": 61}
    await bedside.do("readings", {**low, "taken_at": bedside.clock().isoformat()})
    bedside.pass_minutes(1)
    await look()
    [alarm] = (await shown(bedside, f"/v1/sessions/{bedside.session}/alarms"))["items"]
    await bedside.do(f"alarms/{alarm['id']}/acknowledge")
    bedside.pass_minutes(1)
    await look()
    await bedside.do("abort", {"reason": "transferred_to_hospital"})
    bedside.pass_minutes(1)
    await look()

    assert [len(cards) for cards in seen.values()] == [1] * 5
    assert [len(cards[0]["alarms"]) for cards in seen.values()] == [0, 0, 1, 1, 1]
    for at, cards in seen.items():
        board = await shown(bedside, path + then(at))
        assert board["cards"] == cards
        assert (datetime.fromisoformat(board["server_time"]), board["cursor"]) == (at, "")
    unborn = await asked(bedside, path + then(NIGHT))
    assert (unborn.status_code, unborn.json()["code"]) == (404, "location_not_found")


async def test_a_visit_that_was_moved_since_is_on_the_board_of_its_old_day(
    bedside: Bedside,
) -> None:
    path = f"/v1/locations/{PLACE}/board"
    bedside.clock.now = noon = TOMORROW - timedelta(hours=20)
    moved = {"starts_at": (TOMORROW + timedelta(days=1)).isoformat()}
    before, known = TOMORROW, noon - timedelta(seconds=1)
    await bedside.do("reschedule", moved, by="front_desk:flo")
    bedside.clock.now = TOMORROW + timedelta(days=2)

    async def cards(as_of: datetime, known_at: datetime) -> list[str]:
        board = await shown(bedside, path + then(as_of, known_at))
        return [card["session_id"] for card in board["cards"]]

    assert await cards(before, known) == [bedside.session]
    assert await cards(before, bedside.clock()) == []
    assert await cards(TOMORROW + timedelta(days=1), bedside.clock()) == [bedside.session]
