"""What was true, and what was known: against doing everything again from the beginning."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.adverse_event import AdverseEvent, a_new_one
from clinic_sessions.domain.bedside.orders import OrderEntry
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.board.past import Recorded, Then, readings_then, session_then
from clinic_sessions.domain.facts import (
    Aborted,
    AdverseEventNoted,
    Arrived,
    Booked,
    Checked,
    DosingStopped,
    Fact,
    Missed,
    OrderLogged,
    Voided,
)
from clinic_sessions.domain.session import Session, Status
from tests.support.sessions import NOON, a_reading, a_session, a_visit
from tests.support.sessions_bedside import NAUSEA

minutes = some.integers(min_value=0, max_value=12)


def recorded(*happened: tuple[Fact, int, int]) -> list[Recorded]:
    """Facts with the minutes at which each was true and was known, in the order of recording."""
    history: list[Recorded] = []
    session = replace(a_session(), visit=None, revision=0)
    for fact, true_at, known_at in happened:
        session = session.after(fact)
        history.append(
            Recorded(
                revision=session.revision,
                fact=fact,
                at=NOON + timedelta(minutes=true_at),
                known_at=NOON + timedelta(minutes=known_at),
                after=session,
            )
        )
    return history


def then(as_of: int, known_at: int) -> Then:
    return Then(NOON + timedelta(minutes=as_of), NOON + timedelta(minutes=known_at))


def weighed(kg: float) -> Checked:
    return Checked({"weight_kg": Known(value=kg, known_at=NOON)})


facts = some.one_of(
    some.builds(Arrived, some.just(NOON)),
    some.builds(weighed, some.floats(min_value=40, max_value=150)),
    some.builds(DosingStopped, some.just(NOON)),
    some.builds(Aborted, some.just(NOON), some.just("ill")),
    some.builds(Voided, some.just(NOON), some.just("wrong_patient")),
    some.just(Missed()),
)


@some.composite
def histories(draw: some.DrawFn) -> list[Recorded]:
    """Booked first; then anything, known in the order it was recorded, true at any time by then."""
    happened: list[tuple[Fact, int, int]] = [(Booked(a_visit()), 0, 0)]
    known_at = 0
    for fact in draw(some.lists(facts, max_size=6)):
        known_at += draw(some.integers(min_value=0, max_value=3))
        happened.append((fact, draw(some.integers(min_value=0, max_value=known_at)), known_at))
    return recorded(*happened)


def by_brute_force(history: list[Recorded], asked: Then) -> Session | None:
    """Minute by minute, whatever is known and happened in that minute happens."""
    session = None
    minute = NOON
    while minute <= asked.as_of:
        for one in history:
            if one.at == minute and one.known_at <= asked.known_at:
                session = (session or history[0].after) if one.revision == 1 else session
                session = session.after(one.fact) if one.revision > 1 and session else session
        minute += timedelta(minutes=1)
    return session


@given(histories(), minutes, minutes)
def test_any_time_is_as_if_everything_known_of_it_happened_again(
    history: list[Recorded], as_of: int, known_at: int
) -> None:
    asked = then(as_of, known_at)
    assert session_then(history, asked) == by_brute_force(history, asked)


@given(histories())
def test_now_is_what_it_is_where_nothing_came_late(history: list[Recorded]) -> None:
    in_order = [replace(one, at=one.known_at) for one in history]
    assert session_then(in_order, then(60, 60)) == history[-1].after


def test_before_it_was_booked_or_known_there_was_none() -> None:
    history = recorded((Booked(a_visit()), 2, 3))
    assert session_then(history, then(1, 60)) is None
    assert session_then(history, then(60, 2)) is None
    assert session_then([], then(60, 60)) is None


def test_a_fact_that_came_late_is_seen_only_by_who_asks_what_is_known_since() -> None:
    history = recorded(
        (Booked(a_visit()), 0, 0), (Arrived(NOON), 1, 1), (weighed(81), 5, 5), (weighed(90), 2, 9)
    )

    def weight(as_of: int, known_at: int) -> object:
        session = session_then(history, then(as_of, known_at))
        assert session is not None
        assert session.status is Status.ARRIVED
        known = session.facts.get("weight_kg")
        return None if known is None else known.value

    assert weight(as_of=3, known_at=8) is None
    assert weight(as_of=3, known_at=9) == 90
    assert weight(as_of=6, known_at=9) == 81, "It was true before the other one was."


def test_an_order_that_was_written_down_late_is_there_from_when_it_was_given() -> None:
    entry = OrderEntry(
        order="oxygen",
        role="nurse",
        by="usr_ada",
        given_at=NOON + timedelta(minutes=2),
        logged_at=NOON + timedelta(minutes=9),
    )
    history = recorded(
        (Booked(a_visit()), 0, 0),
        (Arrived(NOON), 1, 1),
        (weighed(81), 5, 5),
        (OrderLogged(entry), 9, 9),
    )

    def orders(as_of: int, known_at: int) -> int:
        session = session_then(history, then(as_of, known_at))
        assert session is not None
        return len(session.orders)

    assert (orders(1, 9), orders(2, 9), orders(9, 9)) == (0, 1, 1)
    assert orders(9, 8) == 0


def test_an_adverse_event_is_there_from_its_onset_by_the_newest_account_that_is_known() -> None:
    first = a_new_one("aev_1", replace(NAUSEA, onset_at=NOON + timedelta(minutes=2)))
    amended = first.amended(replace(NAUSEA, onset_at=NOON + timedelta(minutes=4)))
    history = recorded(
        (Booked(a_visit()), 0, 0),
        (AdverseEventNoted(first), 6, 6),
        (AdverseEventNoted(amended), 9, 9),
    )

    def events(as_of: int, known_at: int) -> tuple[AdverseEvent, ...]:
        session = session_then(history, then(as_of, known_at))
        assert session is not None
        return session.adverse_events

    assert (events(2, 5), events(1, 6), events(2, 6)) == ((), (), (first,))
    assert (events(3, 9), events(4, 9), events(12, 12)) == ((), (amended,), (amended,))


def test_a_corrected_reading_is_what_it_was_known_to_be() -> None:
    first = replace(a_reading(1, minutes=5), received_at=NOON + timedelta(minutes=6))
    corrected = replace(first, systolic=142, received_at=NOON + timedelta(minutes=20))
    late = replace(a_reading(2, minutes=4), received_at=NOON + timedelta(minutes=30))
    everything = [late, corrected, first]

    def known(as_of: int, known_at: int) -> list[Reading]:
        return readings_then(everything, then(as_of, known_at))

    assert known(60, 5) == []
    assert known(60, 6) == [first]
    assert known(60, 20) == [corrected]
    assert known(60, 60) == [late, corrected]
    assert known(4, 60) == [late]
