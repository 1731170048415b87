"""The ports of notifications keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

import pytest

from clinic_events import MessageSent
from clinic_events.ports import DuplicateKey
from clinic_notifications.domain.errors import Conflict
from clinic_notifications.domain.people import Card, Survey
from clinic_notifications.domain.preferences import Choice, Preferences, PreferencesSet
from clinic_notifications.domain.rota import Duty
from clinic_notifications.ports import (
    Consents,
    Locations,
    Messages,
    People,
    PreferenceBook,
    Surveys,
)
from clinic_notifications.store import (
    MongoConsents,
    MongoLocations,
    MongoMessages,
    MongoPeople,
    MongoPreferences,
    MongoSurveys,
)
from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON, InMemoryOutbox
from tests.support.databases import connected
from tests.support.notifications import (
    LOCATION,
    PATIENT,
    InMemoryConsents,
    InMemoryLocations,
    InMemoryMessages,
    InMemoryPeople,
    InMemoryPreferences,
    InMemorySurveys,
    a_card,
    a_consent,
    a_location,
    a_message,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    people: People
    locations: Locations
    consents: Consents
    surveys: Surveys
    book: PreferenceBook
    messages: Messages
    outbox: InMemoryOutbox


def in_memory() -> Ports:
    outbox = InMemoryOutbox()
    return Ports(
        people=InMemoryPeople(),
        locations=InMemoryLocations(),
        consents=InMemoryConsents(),
        surveys=InMemorySurveys(),
        book=InMemoryPreferences(),
        messages=InMemoryMessages(outbox),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox(database)
    return Ports(
        people=MongoPeople(database),
        locations=MongoLocations(database),
        consents=await MongoConsents.open_in(database),
        surveys=MongoSurveys(database),
        book=MongoPreferences(database),
        messages=await MongoMessages.open_in(database, outbox),
        outbox=outbox,
    )


@pytest.fixture(params=["in_memory", "motor", "pymongo"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    if request.param == "in_memory":
        yield in_memory()
        return
    url: str = request.getfixturevalue("mongo_url")
    async with connected(url, "notifications' ports", request.param) as database:
        yield await in_mongo(database)


async def test_the_newest_card_is_kept(ports: Ports) -> None:
    older, newer = a_card(1), a_card(2)

    assert await ports.people.keep(newer)
    assert not await ports.people.keep(older)
    assert not await ports.people.keep(newer)
    assert await ports.people.find(PATIENT) == newer
    assert await ports.people.find("pat_absent") is None


async def test_no_card_of_one_who_was_erased_is_kept_however_new(ports: Ports) -> None:
    await ports.people.keep(a_card(2))
    for _ in range(2):
        await ports.people.erase(PATIENT, "")
    erased = Card(patient_id=PATIENT, location_id=LOCATION, version=2, sealed=None)
    assert await ports.people.find(PATIENT) == erased

    assert not await ports.people.keep(a_card(3))
    assert await ports.people.find(PATIENT) == erased


async def test_a_patient_erased_before_any_card_was_received_stays_so(ports: Ports) -> None:
    await ports.people.erase(PATIENT, "")
    await ports.people.erase(PATIENT, LOCATION)
    await ports.people.erase(PATIENT, "")

    assert not await ports.people.keep(a_card(1))
    erased = Card(patient_id=PATIENT, location_id=LOCATION, version=0, sealed=None)
    assert await ports.people.find(PATIENT) == erased


async def test_the_newest_location_is_kept(ports: Ports) -> None:
    away = ((date(2030, 12, 25), date(2030, 12, 26)),)
    day = Duty(email="a@example.org", weekday="monday", starts=time(8), ends=time(18), away=away)
    nurse = replace(day, away=(), role="charge_nurse")
    newer = a_location(version=2, phone="555-0111", rota=(day, nurse))

    assert await ports.locations.keep(a_location())
    assert await ports.locations.keep(newer)
    assert not await ports.locations.keep(a_location())
    assert await ports.locations.find(LOCATION) == newer
    assert await ports.locations.find("loc_absent") is None


async def test_a_consent_is_kept_in_place_of_what_was_known(ports: Ports) -> None:
    await ports.consents.keep(a_consent())
    await ports.consents.keep(a_consent(withdrawn_at=NOON))
    await ports.consents.keep(a_consent(id="con_2"))
    await ports.consents.keep(a_consent(id="con_3", patient_id="pat_other"))

    assert await ports.consents.find("con_1") == a_consent(withdrawn_at=NOON)
    assert await ports.consents.find("con_absent") is None
    assert [consent.id for consent in await ports.consents.of_patient(PATIENT)] == [
        "con_1",
        "con_2",
    ]


async def test_a_survey_is_kept_in_place_of_what_was_known(ports: Ports) -> None:
    opened = Survey(
        assignment_id="asg_1", patient_id=PATIENT, version=1, sealed_secret="k.s", is_open=True
    )
    closed = Survey(
        assignment_id="asg_1", patient_id=PATIENT, version=2, sealed_secret=None, is_open=False
    )

    await ports.surveys.keep(opened)
    assert await ports.surveys.find("asg_1") == opened
    await ports.surveys.keep(closed)
    assert await ports.surveys.find("asg_1") == closed
    assert await ports.surveys.find("asg_absent") is None


async def test_preferences_are_recorded_on_the_version_they_were_read_in(ports: Ports) -> None:
    nothing = Preferences(patient_id=PATIENT, location_id=LOCATION)
    fact = PreferencesSet((Choice("surveys", "email", False),), False, NOON)

    first = await ports.book.record(nothing, fact)
    second = await ports.book.record(first, PreferencesSet((), True, NOON))

    assert await ports.book.find(PATIENT) == second
    with pytest.raises(Conflict):
        await ports.book.record(first, fact)
    with pytest.raises(DuplicateKey):
        await ports.book.record(nothing, fact)


async def test_what_one_patient_chose_is_forgotten_and_nobody_elses(ports: Ports) -> None:
    fact = PreferencesSet((Choice("surveys", "email", False),), False, NOON)
    await ports.book.record(Preferences(patient_id=PATIENT, location_id=LOCATION), fact)
    other = Preferences(patient_id="pat_other", location_id=LOCATION)
    kept = await ports.book.record(other, fact)

    for _ in range(2):
        await ports.book.forget(PATIENT)

    assert await ports.book.find(PATIENT) is None
    assert await ports.book.find("pat_other") == kept


async def test_a_message_is_recorded_with_its_event(ports: Ports) -> None:
    message = a_message()
    until = NOON + timedelta(hours=3)
    waiting = await ports.messages.record(
        message, message.defer(until=until, reason="quiet_hours", now=NOON)
    )
    assert ports.outbox.published == []

    sent = await ports.messages.record(
        waiting, waiting.send(template_version=1, uncertain=False, now=until)
    )

    assert await ports.messages.find(message.id) == sent
    assert [type(event) for event in ports.outbox.published] == [MessageSent]
    assert await ports.messages.find("msg_absent") is None


@pytest.mark.parametrize("how", ["withheld", "undeliverable"])
async def test_every_end_of_a_message_is_read_back(ports: Ports, how: str) -> None:
    message = a_message()
    fact = (
        message.withhold("opted_out", uncertain=True, now=NOON)
        if how == "withheld"
        else message.give_up("smtp_550", now=NOON)
    )

    after = await ports.messages.record(message, fact)

    assert await ports.messages.find(message.id) == after


async def test_a_message_changed_meanwhile_is_not_overwritten(ports: Ports) -> None:
    message = a_message()
    fact = message.defer(until=NOON, reason="quiet_hours", now=NOON)
    first = await ports.messages.record(message, fact)
    await ports.messages.record(first, fact)

    with pytest.raises(Conflict):
        await ports.messages.record(first, fact)
    with pytest.raises(DuplicateKey):
        await ports.messages.record(message, fact)
