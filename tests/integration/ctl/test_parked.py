"""`clinicctl parked`, on a real database: looked at, asked for again, given up; and who did it."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from typer.testing import CliRunner, Result
from ulid import ULID

from clinic_ctl.__main__ import app
from clinic_ctl.parked import Operator, ParkedEvents
from clinic_events import SessionBooked, SessionCompleted, on
from clinic_events.dead_letters import MongoDeadLetters
from clinic_events.delivery import Delivery, Outcome
from clinic_events.errors import Park
from clinic_events.handling import Handling
from clinic_events.inbox import MongoInbox
from clinic_events.ports import BEHIND, NotFirst, NotParked, Which
from clinic_events.testing import A_MOMENT, example, message_of
from clinic_platform.audit import Audit
from clinic_platform.clock import utc_now
from clinic_platform.mongo import Mongo

TESTA = Operator("Testa Operator", "The cause is mended.")


class Service:
    """Sessions, in a database of the test's own: two events of pat_1 and one of pat_2 parked."""

    def __init__(self, database: Mongo, inbox: MongoInbox, letters: MongoDeadLetters) -> None:
        self.is_broken = True
        self.handled: list[str] = []
        self.database = database
        self.letters = letters
        self.events = ParkedEvents(database, "sessions")
        listening = [on(SessionCompleted, self.handle)]
        handling = Handling(database, inbox, letters, listening, clock=lambda: A_MOMENT)
        self.delivery = Delivery(handling, letters)

    async def handle(self, event: SessionCompleted) -> None:
        if self.is_broken:
            raise Park("Broken.")
        self.handled.append(event.session_id)

    async def deliver(self, number: int, patient: str) -> None:
        event = example(SessionCompleted, patient_id=patient, session_id=f"ses_{number}")
        message = message_of(event, event_id=f"evt_{number}")
        assert await self.delivery.deliver(message) is Outcome.PARKED

    async def handle_what_is_asked_for(self) -> None:
        self.is_broken = False
        while parked := await self.letters.next_to_redrive():
            await self.delivery.redeliver(parked)

    async def audited(self, about: str) -> list[tuple[str, str, str | None]]:
        entries = await Audit(self.database.collection("audit")).of_object(about)
        return [(entry.action, entry.actor, entry.reason) for entry in entries]


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    database = await Mongo.connect(mongo_url, database=f"test_{ULID()}")
    inbox = MongoInbox(database, group="sessions", clock=utc_now)
    letters = MongoDeadLetters(database, group="sessions", clock=utc_now)
    for part in (inbox, letters):
        await part.prepare()

    service = Service(database, inbox, letters)
    for number, patient in [(1, "pat_1"), (2, "pat_1"), (3, "pat_2")]:
        await service.deliver(number, patient)
    yield service
    await database.drop()
    await database.close()


async def test_a_redriven_key_is_handled_in_order_and_it_is_known_who_asked(
    service: Service,
) -> None:
    assert await service.events.redrive("pat_1", TESTA)
    await service.handle_what_is_asked_for()

    assert service.handled == ["ses_1", "ses_2"]
    assert [one.event_id for one in await service.events.list(Which(), limit=9)] == ["evt_3"]
    noted = ("redrive_parked_events", TESTA.name, TESTA.why)
    assert await service.audited("pat_1") == [noted]


async def test_the_reader_of_a_body_and_the_reason_are_noted(service: Service) -> None:
    parked = await service.events.read("evt_1", TESTA)

    assert parked.message.value is not None
    assert await service.audited("evt_1") == [("read_parked_event", TESTA.name, TESTA.why)]
    with pytest.raises(NotParked):
        await service.events.read("evt_none", TESTA)
    assert await service.audited("evt_none") == []


async def test_asking_for_a_key_that_has_nothing_is_not_noted(service: Service) -> None:
    assert not await service.events.redrive("pat_9", TESTA)
    assert await service.audited("pat_9") == []


async def test_an_event_behind_another_is_given_up_only_out_of_turn(service: Service) -> None:
    with pytest.raises(NotFirst, match="evt_2 is behind evt_1"):
        await service.events.discard("evt_2", TESTA, out_of_turn=False)
    assert await service.audited("evt_2") == []

    await service.events.discard("evt_2", TESTA, out_of_turn=True)
    assert await service.audited("evt_2") == [("discard_parked_event", TESTA.name, TESTA.why)]
    with pytest.raises(NotParked):
        await service.events.get("evt_2")


async def test_giving_up_the_last_of_a_key_frees_it(service: Service) -> None:
    await service.events.discard("evt_3", TESTA, out_of_turn=False)
    service.is_broken = False

    event = example(SessionCompleted, patient_id="pat_2", session_id="ses_4")
    assert await service.delivery.deliver(message_of(event, event_id="evt_4")) is Outcome.HANDLED


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (Which(), {"evt_1", "evt_2", "evt_3"}),
        (Which(key="pat_1"), {"evt_1", "evt_2"}),
        (Which(event_type=SessionCompleted.name), {"evt_1", "evt_2", "evt_3"}),
        (Which(event_type=SessionBooked.name), set()),
        (Which(reason="behind"), {"evt_2"}),
        (Which(key="pat_2", reason="behind"), set()),
        (Which(error="Park"), {"evt_1", "evt_3"}),
        (Which(error="KeyError"), set()),
    ],
)
async def test_a_filter_finds_the_events_that_fit(
    service: Service, which: Which, found: set[str]
) -> None:
    assert {one.event_id for one in await service.events.list(which, limit=9)} == found


async def test_an_event_parked_before_a_time_does_not_fit(service: Service) -> None:
    assert await service.events.list(Which(since=utc_now()), limit=9) == []


async def test_a_filter_chooses_keys_and_a_key_goes_as_a_whole(service: Service) -> None:
    assert await service.events.keys(Which(reason="behind"), limit=9) == {"pat_1": 2}
    assert await service.events.keys(Which(), limit=1) == {"pat_1": 2}


def clinicctl(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["parked", *arguments], env={"MONGO_URL": url, "COLUMNS": "200"})


async def in_a_thread(url: str, *arguments: str) -> Result:
    """The command has an event loop of its own."""
    return await asyncio.to_thread(clinicctl, url, *arguments)


@pytest.fixture
async def sessions(mongo_url: str) -> AsyncIterator[MongoDeadLetters]:
    """The real name of a service's database, as the command takes it, with one event parked."""
    database = await Mongo.connect(mongo_url, database="sessions")
    letters = MongoDeadLetters(database, group="sessions", clock=utc_now)
    await letters.prepare()
    event = message_of(example(SessionCompleted, patient_id="pat_1"), event_id="evt_1")
    await letters.park(
        event, event_id="evt_1", key="pat_1", reason="failed", error="KeyError", attempts=5
    )
    yield letters
    await database.drop()
    await database.close()


def test_the_list_has_ids_and_codes_and_the_body_is_shown_only_when_asked_for(
    mongo_url: str, sessions: MongoDeadLetters
) -> None:
    [row] = json.loads(clinicctl(mongo_url, "list", "--json").stdout)
    assert (row["service"], row["event"], row["error"]) == ("sessions", "evt_1", "KeyError")

    assert "dose_mg" not in clinicctl(mongo_url, "show", "sessions", "evt_1").stdout
    refused = clinicctl(mongo_url, "show", "sessions", "evt_1", "--body")
    assert (refused.exit_code, refused.stdout) == (2, "")
    why = ["--why", "It fails, and nobody knows why."]
    shown = clinicctl(mongo_url, "show", "sessions", "evt_1", "--body", *why).stdout
    assert "dose_mg" in shown


async def test_a_dry_run_changes_nothing(mongo_url: str, sessions: MongoDeadLetters) -> None:
    why = ("--why", "Trying.", "--dry-run")
    assert (
        "1 keys would be asked for"
        in (await in_a_thread(mongo_url, "redrive", "sessions", *why)).stdout
    )
    assert (await in_a_thread(mongo_url, "discard", "sessions", "evt_1", *why)).exit_code == 0
    assert await sessions.next_to_redrive() is None
    assert await sessions.waiting() == 1


async def test_a_dry_run_is_refused_where_giving_up_would_be(
    mongo_url: str, sessions: MongoDeadLetters
) -> None:
    behind = message_of(example(SessionCompleted, patient_id="pat_1"), event_id="evt_2")
    await sessions.park(behind, event_id="evt_2", key="pat_1", reason=BEHIND, error="", attempts=0)
    dry = ("discard", "sessions", "evt_2", "--why", "Trying.", "--dry-run")
    refused = await in_a_thread(mongo_url, *dry)
    assert (refused.exit_code, "evt_1" in refused.output) == (1, True)
    assert (await in_a_thread(mongo_url, *dry, "--out-of-turn")).exit_code == 0
    assert await sessions.waiting() == 2


async def test_what_nobody_handles_in_time_is_shown_by_the_exit_code(
    mongo_url: str, sessions: MongoDeadLetters
) -> None:
    asked = await in_a_thread(mongo_url, "redrive", "sessions", "--why", "Mended.", "--wait", "1")
    assert asked.exit_code == 1
    assert "0 of 1 keys are free" in asked.stdout
    assert await sessions.next_to_redrive() is not None


async def test_giving_up_asks_first(mongo_url: str, sessions: MongoDeadLetters) -> None:
    given_up = ("discard", "sessions", "evt_1", "--why", "Published again as evt_2.")
    assert (await in_a_thread(mongo_url, *given_up)).exit_code == 1  # nobody confirms
    assert await sessions.waiting() == 1
    assert (await in_a_thread(mongo_url, *given_up, "--yes")).exit_code == 0
    assert await sessions.waiting() == 0


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["show", "sessions", "evt_none"], 1, "evt_none is not parked here."),
        (["show", "wizards", "evt_1"], 2, "wizards is none of intake, sessions"),
        (["list", "--since", "yesterday"], 2, "Invalid isoformat"),
        (["list", "--since", "2030-01-07T09:00:00"], 2, "needs its zone"),
        (["redrive", "sessions"], 2, "--why"),
        (["redrive", "sessions", "--why", "two\nlines"], 2, "One line of 1 to 500"),
        (["redrive", "sessions", "--why", " "], 2, "One line of 1 to 500"),
    ],
)
def test_bad_arguments_are_refused_with_a_sentence(
    mongo_url: str, arguments: list[str], code: int, sentence: str
) -> None:
    refused = clinicctl(mongo_url, *arguments)
    assert refused.exit_code == code
    assert sentence in refused.output
