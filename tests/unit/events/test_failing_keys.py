"""Retry, park and brake, whatever fails when: what is behind a failure waits, and nothing else."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from datetime import timedelta
from itertools import chain, count, zip_longest
from typing import Any, Final, TypeAlias, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from structlog.testing import capture_logs

from clinic_events import SessionBooked, SessionCompleted, on
from clinic_events.brake import PARKED_IN_A_ROW
from clinic_events.catalog import stem_of
from clinic_events.codec import kind_of
from clinic_events.delivery import Outcome
from clinic_events.envelope import Event
from clinic_events.errors import Park, Unavailable
from clinic_events.handling import id_of
from clinic_events.ports import Message
from clinic_events.retry import Retry
from clinic_events.testing import example, message_of
from tests.support.events import Listener

T = TypeVar("T")
Kind: TypeAlias = type[SessionBooked] | type[SessionCompleted]
RETRY: Final = Retry(attempts=3, first=timedelta(seconds=1), cap=timedelta(seconds=3))
AWAY: Final = [1.0, 2.0, 3.0]  # the first pauses of RETRY, written out
FAILED: Final[dict[type[Exception], list[float]]] = {ValueError: [1.0, 2.0], Park: []}
PATIENCE: Final = 8  # pauses after which an event that is held is left alone
KINDS: Final[tuple[Kind, ...]] = (SessionBooked, SessionCompleted)
A_KIND: Final = st.sampled_from(KINDS)
A_FAULT: Final = st.sampled_from([None, None, ValueError, Park])


class ReleasesThatFail(RuleBasedStateMachine):
    """Events of some patients and two kinds; now and then a kind fails for many of them."""

    def __init__(self) -> None:
        super().__init__()
        self.listener = Listener(retry=RETRY)
        self.delivery = self.listener.delivery(
            on(SessionBooked, self.handle), on(SessionCompleted, self.handle)
        )
        self.runner = asyncio.Runner()
        self.number = count(1)
        self.absences = 0
        self.pauses: list[float] = []
        self.fault_of: dict[str, type[Exception] | None] = {}
        self.published: defaultdict[str, list[str]] = defaultdict(list)
        self.to_come: defaultdict[str, list[Message]] = defaultdict(list)
        self.parked: defaultdict[str, list[str]] = defaultdict(list)
        self.in_a_row = {stem_of(kind.name): 0 for kind in KINDS}

    # The engine's surroundings

    async def handle(self, event: SessionBooked | SessionCompleted) -> None:
        self.listener.effects.done.append(event.session_id)
        if self.absences:
            self.absences -= 1
            raise Unavailable
        if fault := self.fault_of[event.session_id]:
            raise fault

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        with capture_logs():  # hundreds of errors, each with its frames
            return self.runner.run(work)

    def comes(self, key: str, kind: Kind, fault: type[Exception] | None) -> None:
        name = f"evt_{next(self.number)}"
        event: Event = example(kind, patient_id=key, session_id=name)
        self.fault_of[name] = fault
        self.published[key].append(name)
        self.to_come[key].append(message_of(event, event_id=name))

    def waiting(self) -> list[str]:
        return sorted(key for key, messages in self.to_come.items() if messages)

    def handled(self, message: Message) -> Outcome:
        self.in_a_row[kind_of(message)] = 0
        return Outcome.HANDLED

    # What is expected of it

    def end_of(self, key: str, message: Message, absences: int) -> tuple[Outcome, list[float]]:
        """The outcome of one delivered alone, and the pauses before it."""
        fault, kind = self.fault_of[id_of(message)], kind_of(message)
        if self.parked[key]:
            self.parked[key].append(id_of(message))
            return Outcome.PARKED, []
        if fault is None:
            return self.handled(message), AWAY[:absences]
        pauses = AWAY[:absences] + FAILED[fault]
        if self.in_a_row[kind] >= PARKED_IN_A_ROW:
            return Outcome.ABANDONED, pauses + [AWAY[-1]] * (PATIENCE - len(pauses))
        self.in_a_row[kind] += 1
        self.parked[key].append(id_of(message))
        return Outcome.PARKED, pauses

    def end_together(self, key: str, message: Message, failed: set[str]) -> Outcome | None:
        """The outcome of one in a batch in which these keys have failed so far."""
        if self.parked[key]:
            self.parked[key].append(id_of(message))
            return Outcome.PARKED
        if key in failed or self.fault_of[id_of(message)]:
            failed.add(key)
            return None
        return self.handled(message)

    # What happens

    @rule(key=st.sampled_from(["pat_a", "pat_b", "pat_c"]), kind=A_KIND, fault=A_FAULT)
    def an_event_comes(self, key: str, kind: Kind, fault: type[Exception] | None) -> None:
        self.comes(key, kind, fault)

    @precondition(lambda self: self.waiting())
    @rule(data=st.data(), absences=st.integers(0, len(AWAY)))
    def one_is_delivered(self, data: st.DataObject, absences: int) -> None:
        self.deliver_first_of(data.draw(st.sampled_from(self.waiting())), absences)

    def deliver_first_of(self, key: str, absences: int = 0) -> None:
        message = self.to_come[key][0]
        self.absences = 0 if self.parked[key] else absences
        self.pauses = []
        expected = self.end_of(key, message, absences)
        end = self.run(
            self.delivery.deliver(
                message, is_ours=lambda: len(self.pauses) < PATIENCE, pause=self.pause
            )
        )
        assert (end, self.pauses) == expected
        if end is not Outcome.ABANDONED:
            self.to_come[key].pop(0)

    @precondition(lambda self: self.waiting())
    @rule(of_each=st.integers(1, 3))
    def a_batch_is_delivered(self, of_each: int) -> None:
        turns = [[(key, m) for m in self.to_come[key][:of_each]] for key in self.waiting()]
        batch = [one for turn in zip_longest(*turns) for one in turn if one is not None]
        failed: set[str] = set()
        expected = [self.end_together(key, message, failed) for key, message in batch]
        ends = self.run(self.delivery.deliver_together([message for _, message in batch]))
        assert ends == expected
        for (key, message), end in zip(batch, ends, strict=True):
            if end is not None:
                self.to_come[key].remove(message)

    @rule(kind=A_KIND, patients=st.integers(8, 12))
    def a_kind_fails_for_many_patients(self, kind: Kind, patients: int) -> None:
        for _ in range(patients):
            key = f"pat_{next(self.number)}"
            self.comes(key, kind, Park)
            self.deliver_first_of(key)
            self.comes(key, kind, None)
            self.deliver_first_of(key)

    @rule(kind=A_KIND)
    def a_kind_is_mended(self, kind: Kind) -> None:
        for message in chain(
            *self.to_come.values(), [p.message for p in self.listener.dead_letters.rows.values()]
        ):
            if kind_of(message) == stem_of(kind.name):
                self.fault_of[id_of(message)] = None

    @precondition(lambda self: any(self.parked.values()))
    @rule(data=st.data())
    def the_first_of_a_parked_key_is_redriven(self, data: st.DataObject) -> None:
        self.redrive(data.draw(st.sampled_from(sorted(k for k, v in self.parked.items() if v))))

    def redrive(self, key: str) -> None:
        first = self.listener.dead_letters.rows[self.parked[key][0]]
        expected = Outcome.PARKED
        if self.fault_of[first.event_id] is None:
            self.parked[key].pop(0)
            expected = self.handled(first.message)
        assert self.run(self.delivery.redeliver(first)) is expected

    # What holds

    @invariant()
    def of_each_key_all_is_handled_then_parked_then_to_come_in_the_order_published(self) -> None:
        place: defaultdict[str, list[str]] = defaultdict(list)
        done, key_of = self.listener.effects.done, self._keys()
        for name in [*done, *self.listener.dead_letters.rows]:
            place[key_of[name]].append(name)
        for key, names in self.published.items():
            assert place[key] + [id_of(message) for message in self.to_come[key]] == names

    @invariant()
    def what_is_parked_is_what_failed_and_what_came_after_it(self) -> None:
        parked = list(chain(*self.parked.values()))
        assert sorted(self.listener.dead_letters.rows) == sorted(parked)

    @invariant()
    def the_brake_holds_the_kinds_that_failed_so_often_in_a_row(self) -> None:
        held = [kind for kind, often in self.in_a_row.items() if often >= PARKED_IN_A_ROW]
        assert self.delivery.brake.on == sorted(held)

    def _keys(self) -> dict[str, str]:
        return {name: key for key, names in self.published.items() for name in names}

    def teardown(self) -> None:
        """Once every fault is mended nothing is left."""
        for kind in KINDS:
            self.a_kind_is_mended(kind)
        for parked in [*self.listener.dead_letters.rows.values()]:
            self.redrive(parked.key)
        while waiting := self.waiting():
            self.deliver_first_of(waiting[0])
        assert sorted(self.listener.effects.done) == sorted(chain(*self.published.values()))
        self.runner.close()


TestReleasesThatFail = ReleasesThatFail.TestCase
TestReleasesThatFail.settings = settings(max_examples=8, stateful_step_count=25)
