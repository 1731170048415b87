"""What is due, what answers it, and what counts: held against the plainest way to reckon it."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.bedside.answering import done
from clinic_sessions.domain.bedside.crossing import last_set, marks_of, passed
from clinic_sessions.domain.bedside.due_list import due_list, gaps
from clinic_sessions.domain.bedside.monitoring import Caution, Schedule, Timeline
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.protocols.limits import Limit, rank
from tests.support.sessions import NOON, a_protocol
from tests.support.watching import POLICY, Bedside, minute

PROTOCOL = a_protocol()
LIMITS = PROTOCOL.monitoring.limits
WITHIN = PROTOCOL.monitoring.confirm_within
HORIZON = 150
MINUTE = timedelta(minutes=1)

cautions = st.lists(st.integers(1, HORIZON), min_size=2, max_size=4, unique=True).map(sorted)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    ended = draw(st.none() | st.integers(1, 90))
    stretches = draw(st.just([]) | cautions)
    pairs = zip(stretches[::2], stretches[1::2], strict=False)
    return Timeline(
        started_at=NOON,
        ended_at=None if ended is None else minute(ended),
        cautions=tuple(Caution(minute(since), minute(until)) for since, until in pairs),
    )


def full(at: datetime) -> Look:
    return Look(at, frozenset(PROTOCOL.monitoring.needs))


def schedule_with(*at: int) -> Schedule:
    points = tuple(timedelta(minutes=minutes) for minutes in at)
    monitoring = replace(PROTOCOL.monitoring, at=points)
    return Schedule(monitoring=monitoring, caution_every=POLICY.caution_every)


def minutes_due(of: Timeline, at: tuple[int, ...]) -> Iterator[datetime]:
    """Walks through every minute and asks of each whether a reading is due."""
    end = HORIZON if of.ended_at is None else int((of.ended_at - NOON).total_seconds() // 60)
    fixed = {*at, *([] if of.ended_at is None else [end])}
    for now in range(1, HORIZON + 1):
        is_due = is_regular(now, end) and not any(is_replaced(now, c, fixed) for c in of.cautions)
        is_due = is_due or any(is_for_caution(now, c, end, fixed) for c in of.cautions)
        if now in fixed or (is_due and not is_near(now, fixed)):
            yield minute(now)


def is_regular(now: int, end: int) -> bool:
    return now % 10 == 0 if now <= end else (now - end) % 15 == 0


def is_near(now: int, fixed: Collection[int]) -> bool:
    return any(abs(now - point) < 3 for point in fixed)


def is_replaced(now: int, caution: Caution, fixed: Collection[int]) -> bool:
    """Somebody looks for caution, before or less than three minutes later."""
    since = int((caution.since - NOON) / MINUTE)
    waits = now in (since + 3, since + 4) and not is_near(since + 5, fixed)
    return caution.since < minute(now) <= (caution.until or NOON) and (waits or now >= since + 5)


def is_for_caution(now: int, caution: Caution, end: int, fixed: Collection[int]) -> bool:
    """Each fifth minute until its end; the one after it if a regular due waits for that one."""
    if minute(now) <= caution.since or (minute(now) - caution.since) % (5 * MINUTE):
        return False
    before = (at for at in range(max(now - 4, 1), now) if is_regular(at, end))
    waited_for = any(is_replaced(at, caution, fixed) for at in before)
    return minute(now) <= (caution.until or NOON) or waited_for


@given(timelines(), st.sampled_from([(), (40,), (7, 120)]))
def test_what_is_due_is_what_a_walk_through_every_minute_finds(
    of: Timeline, at: tuple[int, ...]
) -> None:
    assert schedule_with(*at).dues(of, until=minute(HORIZON)) == [*minutes_due(of, at)]


def due_for(at: datetime, of: Timeline, before: datetime | None) -> datetime | None:
    """Nearest of all points there are, asked one after the other; `before` stays if it can."""
    barrier = min((c.since for c in of.cautions if c.since >= at), default=minute(HORIZON))
    dues = [due for due in schedule_with().dues(of, until=minute(HORIZON)) if due <= barrier]
    if before in dues:
        return before
    begun = max([NOON, *(c.since for c in of.cautions if c.since < at)])
    nearest = min([begun, *dues], key=lambda point: (abs(point - at), point))
    return max((due for due in dues if due <= nearest), default=None)


def answered_through(at: datetime, of: Timeline) -> datetime | None:
    """What a reading answers, second by second from when it was taken."""
    turns = [turn for turn in of.changes if turn >= at]
    due = due_for(at, of.as_of(at - timedelta(seconds=1)), None)
    for turn in turns:
        due = due_for(at, of.as_of(turn), due)
    return due


@given(timelines(), st.lists(st.integers(0, 60 * HORIZON), max_size=20), st.randoms())
def test_a_due_is_done_by_a_reading_that_was_nearest_to_it_in_whatever_order(
    of: Timeline, seconds: list[int], chance: object
) -> None:
    taken = [NOON + timedelta(seconds=second) for second in seconds]
    expected = {answered_through(at, of) for at in taken if at > NOON} - {None}
    chance.shuffle(taken)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert set(done(schedule_with(), of, taken, until=minute(HORIZON))) == expected


@given(timelines(), st.lists(st.integers(1, HORIZON), max_size=12), st.integers(1, HORIZON))
def test_a_list_of_dues_shows_of_each_how_it_stands(
    of: Timeline, taken: list[int], now: int
) -> None:
    schedule = schedule_with()
    times = [full(minute(at)) for at in taken if at <= now]
    for expected in due_list(schedule, of, times, now=minute(now)):
        late_by = minute(now) - expected.due_at
        is_done = expected.read_at is not None
        assert (expected.state == "done") is is_done
        assert (expected.state == "upcoming") is (not is_done and late_by < timedelta())
        assert (expected.state == "overdue") is (not is_done and late_by >= timedelta(minutes=6))


@given(st.lists(st.integers(1, 39), unique=True, max_size=8), st.integers(40, 60))
def test_gaps_and_looks_together_are_the_whole_time(taken: list[int], now: int) -> None:
    of, schedule = Timeline(started_at=NOON), schedule_with()
    found = {
        (gap.since, gap.until or minute(now))
        for gap in gaps(schedule, of, [full(minute(at)) for at in taken], now=minute(now))
    }
    looked = [NOON, *sorted(minute(at) for at in taken), minute(now)]
    assert found == {(a, b) for a, b in pairwise(looked) if b - a > timedelta(minutes=13)}


values = st.fixed_dictionaries(
    {},
    optional={
        "systolic": st.sampled_from([70, 92, 124, 160, 182, 205]),
        "spo2": st.sampled_from([86, 91, 93, 98]),
        "moaas": st.integers(1, 5),
        "distress": st.sampled_from(["none", "moderate", "severe"]),
        "symptoms": st.sampled_from([(), ("chest_pain",), ("laryngospasm",)]),
    },
)
sets = st.lists(st.tuples(st.integers(1, 30), values), min_size=1, max_size=8)


def of_sets(sets: list[tuple[int, dict[str, object]]]) -> list[Reading]:
    return [
        Reading(
            session_id="ses_1",
            device="monitor_1",
            sequence=number,
            taken_at=minute(at),
            received_at=minute(35),
            **measured,  # type: ignore[arg-type]  # as drawn above
        )
        for number, (at, measured) in enumerate(sets)
    ]


async def raised_by(batches: list[list[Reading]]) -> dict[str, str]:
    """The level of each concern, when these come in one after another and no time passes."""
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    bedside.clock.move_to(minute(35))
    for batch in batches:
        await bedside.sends(*batch)
    alarms = await bedside.alarms()
    return {name: alarm.level for name, alarm in alarms.items()}


def expected_of(readings: list[Reading]) -> dict[str, str]:
    """From all readings at once: of each concern the worst limit that counts."""
    counting = passed(readings, LIMITS, {}, WITHIN)
    worst: dict[str, Limit] = {}
    for limit in LIMITS:
        known = worst.get(limit.concern)
        if limit.id in counting and (known is None or rank(limit.level) > rank(known.level)):
            worst[limit.concern] = limit
    return {name: limit.level for name, limit in worst.items()}


@settings(max_examples=20)
@given(sets, st.randoms())
async def test_in_whatever_order_readings_arrive_the_same_is_raised(
    sets: list[tuple[int, dict[str, object]]], chance: object
) -> None:
    readings = of_sets(sets)
    expected = expected_of(readings)
    assert await raised_by([readings]) == expected
    chance.shuffle(readings)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert await raised_by([[reading] for reading in readings]) == expected
    assert await raised_by([[reading] for reading in [*readings, *readings]]) == expected


def limit(identity: str) -> Limit:
    return next(one for one in LIMITS if one.id == identity)


@pytest.mark.parametrize(
    ("identity", "inside", "outside"),
    [
        ("systolic-high-1", {"systolic": 159}, {"systolic": 160}),
        ("systolic-low-1", {"systolic": 95}, {"systolic": 94}),
        ("systolic-low-3", {"systolic": 80}, {"systolic": 79}),
        ("diastolic-high-3", {"diastolic": 119}, {"diastolic": 120}),
        ("heart-rate-high-1", {"heart_rate": 110}, {"heart_rate": 111}),
        ("heart-rate-high-2", {"heart_rate": 130}, {"heart_rate": 131}),
        ("heart-rate-high-3", {"heart_rate": 150}, {"heart_rate": 151}),
        ("heart-rate-low-1", {"heart_rate": 55}, {"heart_rate": 54}),
        ("heart-rate-low-3", {"heart_rate": 40}, {"heart_rate": 39}),
        ("spo2-low-1", {"spo2": 95}, {"spo2": 94}),
        ("spo2-low-2", {"spo2": 92}, {"spo2": 91}),
        ("spo2-low-3", {"spo2": 88}, {"spo2": 87}),
        ("respiratory-rate-low-1", {"respiratory_rate": 10}, {"respiratory_rate": 9}),
        ("respiratory-rate-high", {"respiratory_rate": 24}, {"respiratory_rate": 25}),
        ("respiratory-rate-low-2", {"respiratory_rate": 8}, {"respiratory_rate": 7}),
        ("sedation-1", {"moaas": 4}, {"moaas": 3}),
        ("sedation-3", {"moaas": 2}, {"moaas": 1}),
        ("new-arrhythmia", {"rhythm": "known_arrhythmia"}, {"rhythm": "new_arrhythmia"}),
        ("distress-1", {"distress": "mild"}, {"distress": "moderate"}),
        ("airway", {"symptoms": ("chest_pain",)}, {"symptoms": ("laryngospasm",)}),
        ("systolic-rise", {"systolic": 149}, {"systolic": 150}),
        ("systolic-fall", {"systolic": 85}, {"systolic": 84}),
    ],
)
def test_a_limit_is_passed_exactly_where_it_stands(
    identity: str, inside: dict[str, object], outside: dict[str, object]
) -> None:
    before = of_sets([(0, {"systolic": 120})])
    baseline = last_set([replace(one, taken_at=minute(-5)) for one in before], before=NOON)
    one = limit(identity)
    for measured, count in ((inside, 0), (outside, 1), ({}, 0)):
        [reading] = of_sets([(5, measured)])
        assert len(marks_of(reading, [one], baseline)) == count


def test_every_limit_has_a_message_and_a_source() -> None:
    assert len({one.id for one in LIMITS}) == len(LIMITS) == 34
    assert all(one.message.endswith(".") and one.source for one in LIMITS)


@pytest.mark.parametrize(
    "changes",
    [
        {"parameter": "mood"},
        {"level": "severe"},
        {"at_most": 10},
        {"at_least": None},
        {"one_of": ("x",)},
    ],
)
def test_a_limit_that_cannot_be_understood_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="in limit systolic-high-1"):
        replace(limit("systolic-high-1"), **changes)  # type: ignore[arg-type]  # wrong on purpose
