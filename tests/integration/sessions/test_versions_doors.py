"""A verb of what was read is of that version, or refused: nothing is overwritten unseen."""

from collections.abc import AsyncIterator

import pytest

from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_bedside import Bedside, a_bedside


@pytest.fixture
async def bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    async with a_bedside(mongo_url) as bedside:
        yield bedside


async def test_of_two_drafts_of_one_note_the_second_is_answered_that_there_is_another(
    bedside: Bedside,
) -> None:
    await bedside.checked()
    written = await bedside.post("note", {"text": "Arrived calm."}, read=0)
    assert written.headers["etag"] == '"1"'
    stale = await bedside.post("note", {"text": "Arrived late."}, read=0)
    refused(stale, 412, "stale_version")
    assert [d["text"] for d in (await bedside.get("note"))["drafts"]] == ["Arrived calm."]
    done(await bedside.post("note", {"text": "Arrived calm, and late."}, read=1))


async def test_a_session_that_has_changed_since_it_was_read_is_not_changed_again(
    bedside: Bedside,
) -> None:
    await bedside.checked()
    read = (await bedside.get())["version"]
    done(await bedside.post("orders", {"order": "oxygen"}, read=read))
    refused(await bedside.post("orders", {"order": "oxygen"}, read=read), 412, "stale_version")
    shown = await bedside.get()
    assert (len(shown["bedside"]["orders"]), shown["version"]) == (1, read + 1)


async def test_a_change_sent_again_with_the_version_it_was_of_is_answered_again(
    bedside: Bedside,
) -> None:
    await bedside.checked()
    read = (await bedside.get())["version"]
    order = {"order": "oxygen"}
    first = done(await bedside.post("orders", order, key="key-once", read=read))
    assert done(await bedside.post("orders", order, key="key-once", read=read)) == first


async def test_at_another_place_a_version_reveals_nothing_of_what_is_there(
    bedside: Bedside,
) -> None:
    await bedside.checked()
    for read in (0, (await bedside.get())["version"]):
        answer = await bedside.post("orders", {"order": "oxygen"}, by="nurse:eve@loc_b", read=read)
        refused(answer, 404, "session_not_found")


@pytest.mark.parametrize("what", ["plans/{plan}/series", "wait-list/{waiting}/withdraw"])
async def test_a_plan_and_an_entry_of_the_wait_list_take_the_version_too(
    bedside: Bedside, what: str
) -> None:
    service, plan = bedside.service, (await bedside.get())["plan_id"]
    entry = {"plan_id": plan, "from": TOMORROW.isoformat()}
    waiting = done(await service.post("/v1/wait-list", entry))["id"]
    path = f"/v1/{what.format(plan=plan, waiting=waiting)}"
    refused(await service.post(path, {}, read=99), 412, "stale_version")


async def test_a_hold_takes_the_version_too(bedside: Bedside) -> None:
    service, plan = bedside.service, (await bedside.get())["plan_id"]
    body = {"plan_id": plan, "starts_at": TOMORROW.replace(day=TOMORROW.day + 3).isoformat()}
    hold = done(await service.post("/v1/holds", body))
    path = f"/v1/holds/{hold['id']}/release"
    refused(await service.post(path, {}, read=hold["version"] + 1), 412, "stale_version")
    done(await service.post(path, {}, read=hold["version"]))
