"""Promises through plans, claims and ends in any order, held against a model of a few lines.

The store is the real one, on the database in memory; `Keeping` brings each claim to its end."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from structlog.testing import capture_logs

from clinic_events.leases import Leases
from clinic_events.ports import Document
from clinic_platform.mongo import Mongo
from clinic_platform.mongo.drivers import PyMongoDriver
from clinic_platform.promises import Due, Ending, Kept, Lapsed, Later, State, Withdrawn, inside
from clinic_platform.promises.keeping import Keeping
from clinic_platform.testing import NOON
from tests.simulation.driver import Client
from tests.simulation.server import Server
from tests.simulation.weather import ShortWay
from tests.support.promises import Clinic, a_promise

T = TypeVar("T")
ABOUT: Final = ("ses_1", "ses_2")
CLAIMED_FOR: Final = timedelta(seconds=15)  # CLAIM_FOR, written out
OF_USE_FOR: Final = 10  # minutes
NAMES: Final = st.dictionaries(st.sampled_from("abc"), st.sampled_from([0, 1, 10]), max_size=3)


@dataclass
class Row:
    """What is expected of one promise. `claim` counts the claims; None when nobody has it."""

    due_at: datetime
    planned_for: datetime
    state: State = State.PENDING
    claim: int | None = None
    free_at: datetime = NOON
    attempts: int = 0

    @property
    def useful_until(self) -> datetime:
        return self.planned_for + timedelta(minutes=OF_USE_FOR)

    def let_go(self, due_at: datetime | None = None) -> None:
        self.claim, self.free_at = None, NOON
        self.due_at = due_at or self.due_at


class Promised(RuleBasedStateMachine):
    """Plans in any order, and workers that end what they claimed, at once or after they lost it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        server = Server(lambda: self.clinic.clock.now)
        driver = PyMongoDriver(Client(server, ShortWay()))
        self.clinic = Clinic(Mongo(driver, "simulated"))
        keepers = {"note": inside(self.keep)}
        database = self.clinic.database
        leases = Leases(database.collection("leases"), name="promises", buckets=16, owner="w")
        self.keeping = Keeping(database, self.clinic.promises, keepers, leases, self.clinic.clock)
        self.rows: dict[str, Row] = {}
        self.versions: dict[str, int] = {}
        self.number = count(1)
        self.claimed: list[tuple[int, Document]] = []
        self.decided: Ending | None = Kept()

    async def keep(self, due: Due) -> Ending:
        """The end that was drawn, or a failure when none was. Whoever keeps it has an effect first,
        and so has whoever fails."""
        if self.decided in (Kept(), None):
            await self.clinic.note(due)
        if self.decided is None:
            raise ValueError("no")
        return self.decided

    @property
    def now(self) -> datetime:
        return self.clinic.clock.now

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        with capture_logs():
            return self.runner.run(work)

    # What happens

    @rule(about=st.sampled_from(ABOUT), step=st.sampled_from([-1, 0, 1, 1, 2]), wanted=NAMES)
    def a_plan_comes(self, about: str, step: int, wanted: dict[str, int]) -> None:
        version = self.versions.get(about, 2) + step
        named = {f"{about}/{name}": minutes for name, minutes in wanted.items()}
        promises = [
            a_promise(key, about=about, due=minutes, for_=OF_USE_FOR)
            for key, minutes in named.items()
        ]
        is_newer = version > self.versions.get(about, 0)
        planned = self.run(self.clinic.promises.plan(about, version, promises, reason="planned"))
        assert planned is is_newer
        if is_newer:
            self.versions[about] = version
            self.planned(about, {k: NOON + timedelta(minutes=m) for k, m in named.items()})

    def planned(self, about: str, wanted: dict[str, datetime]) -> None:
        for key, row in self.rows.items():
            if key.startswith(about) and row.state is State.PENDING:
                if key not in wanted:
                    row.state, row.claim = State.WITHDRAWN, None
                elif row.planned_for != wanted[key]:
                    row.planned_for = wanted[key]
                    row.let_go(wanted[key])
        for key, due_at in wanted.items():
            self.rows.setdefault(key, Row(due_at, due_at))

    @precondition(lambda self: self.claimed)
    @rule(which=st.integers(0, 100), minutes=st.integers(0, 2))
    def what_is_claimed_is_planned_anew(self, which: int, minutes: int) -> None:
        _, claimed = self.claimed[which % len(self.claimed)]
        about, _, name = claimed["_id"].partition("/")
        self.a_plan_comes(about=about, step=1, wanted={name: minutes})

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def one_is_withdrawn(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.rows)))
        self.run(self.clinic.promises.withdraw(key, reason="no"))
        if self.rows[key].state is State.PENDING:
            self.rows[key].state, self.rows[key].claim = State.WITHDRAWN, None

    @rule(seconds=st.sampled_from([1, 29, 30, 60]))
    def time_passes(self, seconds: int) -> None:
        self.clinic.clock.move_to(self.now + timedelta(seconds=seconds))

    @precondition(lambda self: any(row.due_at <= self.now for row in self.rows.values()))
    @rule()
    def somebody_claims(self) -> None:
        number = next(self.number)
        found = self.run(self.clinic.promises.claim(range(16)))
        free = {
            key: row
            for key, row in self.rows.items()
            if row.state is State.PENDING and row.due_at <= self.now and row.free_at <= self.now
        }
        assert {row["_id"] for row in found} == free.keys()
        for row in free.values():
            row.claim, row.free_at = number, self.now + CLAIMED_FOR
        self.claimed += [(number, row) for row in found]

    @precondition(lambda self: self.claimed)
    @rule(
        which=st.integers(0, 100),
        ending=st.sampled_from([Kept(), Kept(), Lapsed("no"), Withdrawn("no"), None]),
    )
    def somebody_ends(self, which: int, ending: Ending | None) -> None:
        self.end(which, ending)

    @precondition(lambda self: self.claimed)
    @rule(which=st.integers(0, 100), seconds=st.sampled_from([1, 60, 900]))
    def somebody_puts_off(self, which: int, seconds: int) -> None:
        self.end(which, Later(self.now + timedelta(seconds=seconds), "later"))

    def end(self, which: int, ending: Ending | None) -> None:
        number, claimed = self.claimed.pop(which % len(self.claimed))
        self.decided = ending
        self.run(self.keeping.keep(claimed))
        row = self.rows[claimed["_id"]]
        if row.claim == number:
            # Whoever has the claim still has what was planned when it was claimed.
            self.ended(row, ending)

    def ended(self, row: Row, ending: Ending | None) -> None:
        if self.now > row.useful_until:
            ending = Lapsed("too_late")
        match ending:
            case None:
                row.let_go()
                row.free_at = self.now + timedelta(seconds=min(60, 2**row.attempts))
                row.attempts += 1
            case Later(at, _) if at <= row.useful_until:
                row.let_go(at)
            case _:
                row.state = _state_of(ending)
                row.claim = None

    # What holds

    @invariant()
    def each_is_as_expected_and_has_had_its_effect_once_if_it_was_kept(self) -> None:
        rows = self.run(self.clinic.promises.of_person("pat_1"))
        assert {row.key: (row.state, row.due_at) for row in rows} == {
            key: (row.state, row.due_at) for key, row in self.rows.items()
        }
        kept = sorted(key for key, row in self.rows.items() if row.state is State.KEPT)
        assert self.run(self.clinic.noted()) == kept

    def teardown(self) -> None:
        """Nothing stays pending: what is of use when it is free is kept, and the rest lapses."""
        while pending := [row for row in self.rows.values() if row.state is State.PENDING]:
            first = min(max(row.due_at, row.free_at, self.now) for row in pending)
            self.clinic.clock.move_to(first)
            self.claimed = []
            self.somebody_claims()
            assert self.claimed
            while self.claimed:
                self.end(0, Kept())
        self.each_is_as_expected_and_has_had_its_effect_once_if_it_was_kept()
        self.runner.close()


def _state_of(ending: Ending) -> State:
    match ending:
        case Kept():
            return State.KEPT
        case Withdrawn():
            return State.WITHDRAWN
    return State.LAPSED


TestPromised = Promised.TestCase
TestPromised.settings = settings(max_examples=15, stateful_step_count=30)
