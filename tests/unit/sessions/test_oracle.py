"""Slots, assignment and ratios against what is simplest and surely right: trying everything."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.booking.asks import Ask, Candidate
from clinic_sessions.domain.booking.assignment import assign
from clinic_sessions.domain.booking.conflicts import Conflict
from clinic_sessions.domain.booking.days import Busy, Taken, runs
from clinic_sessions.domain.booking.grid import SLOT
from clinic_sessions.domain.booking.timetable import Timetable
from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Visit
from clinic_sessions.domain.booking.wishes import Wishes
from clinic_sessions.domain.places.location import Location, Notice
from clinic_sessions.domain.places.resources import Chair, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.protocols.protocol import Need, Phase, Protocol
from tests.support.sessions import NOON, TOMORROW, a_location, a_protocol, a_timetable

NAMES = ("a", "b", "c")


@given(st.integers(0, 2**40 - 1), st.integers(1, 12))
def test_runs_are_where_so_many_bits_follow_one_another(free: int, length: int) -> None:
    wanted = (1 << length) - 1
    expected = {bit for bit in range(40) if free >> bit & wanted == wanted}
    assert {bit for bit in range(40) if runs(free, length) >> bit & 1} == expected


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.integers(1, 4)), max_size=7),
    st.integers(1, 4),
)
def test_a_slot_is_full_when_one_more_is_too_many_for_anybody(
    stays: list[tuple[int, int, int]], at_most: int
) -> None:
    taken = Taken()
    for start, length, tolerated in stays:
        taken.add(((1 << length) - 1) << start, tolerated)
    for bit in range(16):
        there = [n for start, length, n in stays if start <= bit < start + length]
        is_full = len(there) + 1 > min([at_most, *there])
        assert bool(taken.full_for(at_most) >> bit & 1) is is_full


def an_ask(start: int, length: int) -> Ask:
    return Ask(
        kind=PERSON,
        what="nurse",
        competence=None,
        phases=("x",),
        start=start,
        end=start + length,
        candidates=tuple(Candidate(name=name) for name in NAMES),
    )


asks_and_free = st.lists(
    st.tuples(
        st.builds(an_ask, st.integers(0, 6), st.integers(1, 4)),
        st.lists(st.sampled_from(NAMES), unique=True),
    ),
    min_size=1,
    max_size=5,
)


@given(asks_and_free, st.frozensets(st.sampled_from(NAMES), max_size=2))
def test_there_is_an_assignment_whenever_trying_everything_finds_one(
    drawn: list[tuple[Ask, list[str]]], wished: frozenset[str]
) -> None:
    asks, free = [ask for ask, _ in drawn], [names for _, names in drawn]

    def is_good(choice: Sequence[str]) -> bool:
        pairs = [(n, m) for n in range(len(asks)) for m in range(n)]
        apart = all(choice[n] != choice[m] or not asks[n].overlaps(asks[m]) for n, m in pairs)
        return apart and wished <= set(choice)

    found = assign(asks, free, wished={PERSON: wished})

    exists = any(is_good(choice) for choice in product(*free))
    assert (found is not None) is exists
    if found is not None:
        names = [found[n] for n in range(len(asks))]
        assert is_good(names)
        assert all(name in free[n] for n, name in enumerate(names))
    assert found == assign(asks, free, wished={PERSON: wished})


def needs() -> st.SearchStrategy[tuple[Need, ...]]:
    chair = Need(kind="place", what="chair")
    lounge = Need(kind="place", what="recovery")
    nurse = Need(kind="person", what="nurse")
    watched = replace(nurse, is_shared=True)
    skilled = replace(nurse, competence="infusion")
    some = st.lists(st.sampled_from([chair, lounge, nurse, watched, skilled]), max_size=3)
    return some.map(tuple)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Location, Protocol, list[Busy]]:
    """A small place, a protocol of two phases, and what is taken."""
    before, after = draw(st.sampled_from([0, 5])), draw(st.sampled_from([0, 5]))
    room = Room(name="room_1", setting_up_minutes=before, clearing_up_minutes=after)
    staff = [Member(name="x", roles=("nurse",), competences=("infusion",))]
    staff += [Member(name="y", roles=("nurse",))] if draw(st.booleans()) else []
    base = a_location()
    details = replace(
        base.details,
        rooms=(room,),
        chairs=tuple(Chair(name=f"c{n}", room="room_1") for n in range(draw(st.integers(1, 2)))),
        recovery=(RecoveryPlace(name="l", room="room_1", capacity=draw(st.integers(1, 2))),),
        staff=tuple(staff),
        ratios={"second": draw(st.integers(1, 3))},
    )
    first, second = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    phases = (
        Phase(name="first", after=SLOT * 0, lasts=SLOT * first, needs=draw(needs())),
        Phase(name="second", after=SLOT * first, lasts=SLOT * second, needs=draw(needs())),
    )
    taken = st.builds(
        lambda what, start, length, most: Busy(
            what[0], what[1], TOMORROW + SLOT * start, TOMORROW + SLOT * (start + length), most
        ),
        st.sampled_from([(PLACE, "c0"), (PLACE, "l"), (PERSON, "x"), (PERSON, "y")]),
        st.integers(-2, 8),
        st.integers(1, 4),
        st.integers(1, 3),
    )
    busy = draw(st.lists(taken, max_size=5))
    return replace(base, details=details), replace(a_protocol(), phases=phases), busy


def tolerates(busy: Iterable[Busy], kind: str, name: str, at: datetime, at_most: int) -> bool:
    there = [
        b.at_most
        for b in busy
        if (b.kind, b.resource) == (kind, name) and b.taken_from <= at < b.taken_until
    ]
    return len(there) + 1 <= min([at_most, *there])


def everything_tried(timetable: Timetable, busy: Sequence[Busy], starts_at: datetime) -> bool:
    """Every candidate for every ask, slot by slot: whether any of it fits."""
    asks = timetable.asks
    for choice in product(*(ask.candidates for ask in asks)):
        if all(
            one.name != other.name or not asks[n].overlaps(asks[m])
            for n, one in enumerate(choice)
            for m, other in enumerate(choice[:n])
        ) and all(
            tolerates(busy, ask.kind, one.name, at, one.at_most)
            for ask, one in zip(asks, choice, strict=True)
            for at in slots_of(starts_at, ask, one)
        ):
            return True
    return False


def slots_of(starts_at: datetime, ask: Ask, one: Candidate) -> Iterator[datetime]:
    for slot in range(ask.start - one.before, ask.end + one.after):
        yield starts_at + slot * SLOT


@settings(max_examples=150)
@given(worlds())
def test_a_start_is_free_exactly_when_trying_everything_finds_a_way(
    world: tuple[Location, Protocol, list[Busy]],
) -> None:
    location, protocol, busy = world
    timetable = a_timetable(TOMORROW, None, *busy, location=location, protocol=protocol)
    for step in range(6):
        starts_at = TOMORROW + step * SLOT
        found = timetable.examine(starts_at, now=NOON)
        assert isinstance(found, Visit) is everything_tried(timetable, busy, starts_at)
        if isinstance(found, Visit):
            for one in found.reservations[:-1]:
                for at in one.slots():
                    assert tolerates(busy, one.kind, one.resource, at, one.at_most)


@settings(max_examples=60)
@given(worlds())
def test_a_start_that_is_not_free_shows_when_something_is_lacking(
    world: tuple[Location, Protocol, list[Busy]],
) -> None:
    """A gap that is named lies within the visit and its buffers, and nobody of the kind has it."""
    location, protocol, busy = world
    timetable = a_timetable(TOMORROW, None, *busy, location=location, protocol=protocol)
    found = timetable.examine(TOMORROW, now=NOON)
    if isinstance(found, Conflict):
        assert found.kind in {"place", "person", "ratio"}
        assert found.since is not None
        assert found.until is not None
        longest = protocol.visit_lasts + timedelta(minutes=5)
        assert TOMORROW - timedelta(minutes=5) <= found.since < found.until <= TOMORROW + longest


@settings(max_examples=60, deadline=None)
@given(
    worlds(),
    st.sampled_from([0, 0, 1, 21]),
    st.integers(0, 2),
    st.integers(0, 40),
    st.sampled_from([{}, {PLACE: frozenset({"c1"})}, {PERSON: frozenset({"y"})}]),
)
def test_what_is_offered_is_what_each_start_asked_for_by_itself_has(
    world: tuple[Location, Protocol, list[Busy]],
    least_hours: int,
    most_days: int,
    later: int,
    wishes: dict[str, frozenset[str]],
) -> None:
    """Whole days are worked out at once, and one start by the rules, one after another."""
    location, protocol, busy = world
    notice = Notice(book_at_least_hours=least_hours, book_at_most_days=most_days)
    location = replace(location, details=replace(location.details, notice=notice))
    elsewhere = TOMORROW + later * SLOT
    busy = [*busy, Busy(PATIENT, "pat_1", elsewhere, elsewhere + 3 * SLOT, 1)]
    now, until = NOON + later * timedelta(minutes=1), TOMORROW + timedelta(days=1, minutes=1)

    def timetable() -> Timetable:
        return a_timetable(NOON, until, *busy, location=location, protocol=protocol)

    offers = list(timetable().starts(since=NOON, until=until, now=now, wishes=Wishes(wishes)))

    assert offers
    for offer in offers:
        alone = timetable().examine(offer.starts_at, now=now, wishes=Wishes(wishes))
        if offer.seating is None:
            assert alone == offer.conflict
        else:
            assert isinstance(alone, Visit)
            assert timetable().at(offer.starts_at, offer.seating) == alone
            assert (offer.seating.chair, offer.seating.nurse) == (alone.chair, alone.nurse)
