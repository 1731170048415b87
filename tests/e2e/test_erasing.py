"""A patient with a booked series is erased: all services know it, nothing brings them back."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer

from clinic_ctl.demo import arrival, treatment
from clinic_ctl.demo.aftercare import LINK
from clinic_ctl.demo.play import next_monday
from clinic_ctl.demo.stage import ADMIN, FRONT_DESK, NURSE, Stage
from clinic_ctl.stack.stack import Stack
from clinic_events import (
    ContactCardForgotten,
    ContactCardSealed,
    PatientErased,
    SessionCancelled,
    SurveyDue,
    SurveyWithdrawn,
    topics,
)
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from clinic_platform.ids import new_id
from tests.support.records import all_of
from tests.support.stage import a_stage

EMAIL: Final = "testo.erased@example.org"
SOMEBODY: Final = {"name": "Testo Erased", "email": EMAIL, "phone": "+1-555-0104"}
ELSE: Final = {"name": "Muestra Ejemplo", "email": "muestra@example.org", "phone": "+1-555-0105"}
WISH: Final[dict[str, object]] = {"reason": "patient_wish", "requested_by": "patient"}
ALL: Final = {**WISH, "end_episode": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """`other` is somebody else at the same place; `booking` was the patient's first visit;
    `secret` opened their survey; `letters` they had until then; `shown` is what was in the way."""

    stage: Stage
    other: Stage
    booking: Mapping[str, object]
    secret: str
    letters: int
    shown: list[dict[str, str]]

    @property
    def at(self) -> str:
        return f"/v1/patients/{self.stage.patient_id}"

    async def promised(self) -> list[dict[str, Any]]:
        """All letters that were ever promised to them."""
        path = f"{self.at}/promises"
        items: list[dict[str, Any]]
        items = (await self.stage.doors.get(NURSE, "notifications", path))["items"]
        return items


@pytest.fixture(scope="module")
async def erased(clinic: Stack) -> AsyncIterator[Erased]:
    async with a_stage(clinic) as stage:
        await stage.wait_until(next_monday(await stage.now()))
        await arrival.open_place(stage)
        other = replace(stage, sessions=[])
        await is_cleared(other, **ELSE)
        await is_cleared(stage, **SOMEBODY)
        secret = await a_secret(stage)
        await treatment.book_series(stage, next_monday(await stage.now()))
        await stage.settle()
        first = await stage.doors.get(NURSE, "sessions", f"/v1/sessions/{stage.sessions[0]}")
        booking = {name: first[name] for name in ("starts_at", "chair", "nurse")}
        letters = len(await letters_to_them(stage))
        path = f"/v1/patients/{stage.patient_id}/erase"
        shown = await stage.doors.post(ADMIN, "intake", path, WISH, expect=409)
        await stage.doors.post(ADMIN, "intake", path, ALL)
        await stage.saw("Erased", PatientErased, about=stage.patient_id)
        await stage.settle()
        yield Erased(
            stage=stage,
            other=other,
            booking=booking,
            secret=secret,
            letters=letters,
            shown=shown["conflicts"],
        )


async def is_cleared(stage: Stage, **who: object) -> None:
    await arrival.enquire(stage, **who)
    await arrival.screen(stage)
    await arrival.consent(stage)
    await arrival.consult(stage)
    await arrival.clear(stage)


async def a_secret(stage: Stage) -> str:
    """Of the link in the letter that invites them to a survey."""
    due = await stage.witness.sees(SurveyDue, lambda due: due.patient_id == stage.patient_id)
    letter = await stage.letter("invitation", about=due.event.assignment_id)
    found = LINK.search(letter.text)
    assert found is not None, "A letter of a survey has a link."
    return found[2]


async def letters_to_them(stage: Stage) -> list[str]:
    return [letter["subject"] for letter in await stage.letters() if EMAIL in letter["to"]]


async def cards_of(clinic: Stack, patient_id: str) -> list[Message]:
    """As they lie on the topic, the oldest first."""
    bootstrap_servers = clinic.part("kafka").addresses["bootstrap_servers"]
    found = await all_of(bootstrap_servers, [topics.CONTACTS])
    return [message for message in found if message.key == patient_id.encode()]


async def publish(clinic: Stack, message: Message) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=clinic.part("kafka").addresses["bootstrap_servers"]
    )
    await producer.start()
    try:
        headers = list(message.headers.items())
        await producer.send_and_wait(
            message.topic, key=message.key, value=message.value, headers=headers
        )
    finally:
        await producer.stop()


async def test_what_was_planned_was_shown_before_it_ended(erased: Erased) -> None:
    booked = [one["id"] for one in erased.shown if one["kind"] == "booked_session"]
    assert sorted(booked) == sorted(erased.stage.sessions)
    assert [one["kind"] for one in erased.shown if one["id"] not in booked] == ["clearance"]


async def test_the_last_that_lies_on_the_topic_of_cards_is_their_tombstone(
    clinic: Stack, erased: Erased
) -> None:
    *cards, last = await cards_of(clinic, erased.stage.patient_id)
    assert cards
    assert None not in [card.value for card in cards]
    assert last.value is None
    assert last.headers["ce_type"].decode() == ContactCardForgotten.name


async def test_their_visits_are_cancelled_and_their_seats_are_somebody_elses(
    erased: Erased,
) -> None:
    stage = erased.stage
    cancelled = {
        one.event.session_id: one.event.reason
        for one in stage.witness.of(SessionCancelled)
        if one.event.patient_id == stage.patient_id
    }
    assert cancelled == dict.fromkeys(stage.sessions, "patient_erased")
    shown = [await stage.doors.get(NURSE, "sessions", f"/v1/sessions/{s}") for s in stage.sessions]
    assert {session["status"] for session in shown} == {"cancelled"}
    booking = {"plan_id": erased.other.plan_id, **erased.booking}
    await stage.doors.post(FRONT_DESK, "sessions", "/v1/sessions", booking)


async def test_their_letters_are_withdrawn_and_none_reaches_them(erased: Erased) -> None:
    promised = await erased.promised()
    withdrawn = [one for one in promised if one["reason"] == "patient_erased"]
    assert len(withdrawn) >= len(erased.stage.sessions)
    assert [one["key"] for one in promised if one["state"] == "pending"] == []
    await erased.stage.wait(timedelta(days=3))
    assert len(await letters_to_them(erased.stage)) == erased.letters > 0


async def test_no_link_of_theirs_opens(erased: Erased) -> None:
    stage, opening = erased.stage, dict[str, object](secret=erased.secret)
    await stage.saw("The survey is withdrawn", SurveyWithdrawn, about=stage.patient_id)
    await stage.doors.post(None, "outcomes", "/v1/survey-sessions", opening, expect=404)


async def test_a_card_that_comes_late_brings_nobody_back(clinic: Stack, erased: Erased) -> None:
    stage = erased.stage
    late = example(
        ContactCardSealed,
        patient_id=stage.patient_id,
        location_id=stage.location_id,
        card_version=99,
    )
    await publish(clinic, message_of(late, event_id=new_id("evt"), sequence=99))
    await stage.settle()
    url = f"{clinic.url('notifications')}{erased.at}/preferences"
    token = clinic.issuer.mint("nurse", [stage.location_id], subject=NURSE.actor)
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"0"'}
    answer = await stage.client.put(url, headers=headers, json={"choices": []})
    assert (answer.status_code, answer.json()["code"]) == (410, "patient_erased")


async def test_a_request_that_names_them_is_answered_that_they_are_gone(erased: Erased) -> None:
    stage, doors = erased.stage, erased.stage.doors
    consent: dict[str, object] = {"kind": "treatment", "document_version": 1, "language": "en"}
    booking = {"plan_id": stage.plan_id, **erased.booking}
    waiting: dict[str, object] = {"plan_id": stage.plan_id}
    for service, path, body in (
        ("intake", f"{erased.at}/consents", consent),
        ("sessions", "/v1/sessions", booking),
        ("sessions", "/v1/wait-list", waiting),
    ):
        answer = await doors.post(FRONT_DESK, service, path, body, expect=410)
        assert answer["code"] == "patient_erased"
    arrive = f"/v1/sessions/{stage.sessions[0]}/arrive"
    await doors.post(FRONT_DESK, "sessions", arrive, expect=409)
    await doors.post(ADMIN, "intake", f"{erased.at}/erase", WISH)
    events = [e.event for e in stage.witness.of(PatientErased)]
    assert [e.patient_id for e in events].count(stage.patient_id) == 1
