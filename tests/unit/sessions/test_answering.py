"""What a reading has answered stays answered, whatever happens to the patient afterwards."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.bedside.alarms import READING_LATE, Alarm, AlarmStatus
from clinic_sessions.domain.bedside.answering import done
from clinic_sessions.domain.bedside.monitoring import Caution, Schedule, Timeline
from tests.support.sessions import NOON, a_protocol
from tests.support.watching import NURSE, POLICY, Bedside, minute

SCHEDULE = Schedule(monitoring=a_protocol().monitoring, caution_every=POLICY.caution_every)
HORIZON = minute(60)


async def closed(bedside: Bedside, alarm: Alarm) -> None:
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")


@pytest.fixture
async def bedside() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(10)
    return bedside


async def test_a_reading_that_alarms_answers_its_due_for_good(bedside: Bedside) -> None:
    await bedside.reads(20.3, spo2=86)
    assert minute(20) in (await bedside.watch()).answered
    await bedside.moves(25)
    assert READING_LATE not in await bedside.alarms()


async def test_an_alarm_after_a_reading_takes_nothing_back(bedside: Bedside) -> None:
    await bedside.reads(22)
    await bedside.reads(22.5, systolic=None, spo2=86, device="tablet_1")
    assert (await bedside.watch()).answered == (minute(10), minute(20))
    await bedside.moves(27)
    assert READING_LATE not in await bedside.alarms()


async def test_a_reading_before_an_alarm_answers_nothing_that_is_due_because_of_it(
    bedside: Bedside,
) -> None:
    await bedside.reads(18)  # for what is due at 20
    await bedside.reads(18.5, spo2=86)
    await bedside.moves(26.5)  # due at 23.5
    assert READING_LATE in await bedside.alarms()


async def test_a_reading_right_after_an_alarm_answers_what_was_due_before_it(
    bedside: Bedside,
) -> None:
    await bedside.reads(15, systolic=165)  # nobody measures again until 20
    await bedside.moves(20)
    assert "systolic_high" in await bedside.alarms()
    await bedside.reads(20.5)
    await bedside.moves(24)
    assert READING_LATE not in await bedside.alarms()


async def test_an_alarm_that_is_closed_takes_nothing_back(bedside: Bedside) -> None:
    await bedside.reads(12, spo2=91)
    for at in (17, 22, 28.6):
        await bedside.reads(at, spo2=98)
    await bedside.moves(29)
    await closed(bedside, (await bedside.alarms())["spo2_low"])
    assert minute(27) in (await bedside.watch()).answered
    await bedside.moves(32)
    assert READING_LATE not in await bedside.alarms()


async def test_the_end_of_dosing_takes_nothing_back(bedside: Bedside) -> None:
    await bedside.reads(23)
    await bedside.stops(24)
    assert minute(20) in (await bedside.watch()).answered


async def test_after_a_reading_shortly_before_its_due_the_next_one_is_missed_if_it_does_not_come(
    bedside: Bedside,
) -> None:
    await bedside.reads(10)
    await bedside.reads(20)
    await bedside.stops(24)
    await bedside.reads(24.1)
    await bedside.reads(38)  # due at 39
    await bedside.moves(54 + 3)
    assert READING_LATE in await bedside.alarms()


seconds = st.integers(1, 3_000)


@st.composite
def growing(draw: st.DrawFn) -> list[tuple[datetime, Timeline]]:
    """How one timeline came about: as it was from each time on."""
    turns = sorted(draw(st.lists(seconds, unique=True, max_size=6)))
    ends = draw(st.none() | st.sampled_from(turns)) if turns else None
    known = [(NOON, Timeline(started_at=NOON))]
    cautions: tuple[Caution, ...] = ()
    ended_at = None
    for turn in turns:
        at = NOON + timedelta(seconds=turn)
        if turn == ends:
            ended_at = at
        elif cautions and cautions[-1].until is None:
            cautions = (*cautions[:-1], Caution(cautions[-1].since, at))
        else:
            cautions = (*cautions, Caution(at))
        timeline = Timeline(started_at=NOON, ended_at=ended_at, cautions=cautions)
        known.append((at, timeline))
    return known


@given(growing(), st.lists(seconds, max_size=15))
def test_what_was_due_and_answered_is_due_and_open_never_again(
    known: list[tuple[datetime, Timeline]], taken: list[int]
) -> None:
    times = [NOON + timedelta(seconds=second) for second in taken]
    for (_, before), (turn, after) in pairwise(known):
        read = [at for at in times if at <= turn]
        answered = {due for due in done(SCHEDULE, before, read, until=HORIZON) if due <= turn}
        still_due = {*SCHEDULE.dues(after, until=HORIZON)}
        assert answered & still_due <= done(SCHEDULE, after, read, until=HORIZON).keys()


@given(growing(), st.lists(seconds, max_size=15))
def test_no_reading_answers_what_is_due_because_of_a_later_alarm(
    known: list[tuple[datetime, Timeline]], taken: list[int]
) -> None:
    _, of = known[-1]
    for second in taken:
        at = NOON + timedelta(seconds=second)
        following = [caution.since for caution in of.cautions if caution.since >= at]
        for due in done(SCHEDULE, of, [at], until=HORIZON):
            assert all(due <= since for since in following)


acts = st.lists(
    st.tuples(st.integers(1, 480), st.sampled_from(["reads", "alarms", "closes", "stops"])),
    max_size=12,
)


@settings(max_examples=60)
@given(acts)
async def test_what_the_list_shows_as_done_is_what_nobody_is_called_about(
    done: list[tuple[int, str]],
) -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    at, has_stopped, answered = 0.0, False, set[datetime]()
    for seconds_on, act in done:
        at += seconds_on / 60 + 0.005  # monitors count in fractions of a second
        await bedside.moves(at)
        if act == "stops" and not has_stopped:
            await bedside.stops(at)
            has_stopped = True
        await _does(bedside, at, act)
        seen = await bedside.handlers.monitor(NURSE, "ses_1")
        watch = await bedside.watch()
        past = [due for due in seen.dues if due.due_at <= bedside.clock()]
        open_ = {due.due_at for due in past if due.state != "done"}
        assert open_ == {p.due_at for p in watch.planned if p.due_at <= bedside.clock()}
        assert not open_ & answered
        answered |= {due.due_at for due in past if due.state == "done"}


async def _does(bedside: Bedside, at: float, act: str) -> None:
    if act == "reads":
        await bedside.reads(at)
    if act == "alarms":
        await bedside.reads(at, spo2=86)
    if act == "closes":
        for alarm in _of_patient(await bedside.alarms()):
            await closed(bedside, alarm)


def _of_patient(alarms: dict[str, Alarm]) -> Iterator[Alarm]:
    for concern, alarm in alarms.items():
        if concern != READING_LATE and alarm.status is not AlarmStatus.CLOSED:
            yield alarm


def test_readings_of_a_whole_visit_are_matched_in_whatever_order() -> None:
    known: Any = Timeline(started_at=NOON, cautions=(Caution(minute(22), minute(31)),))
    times = [minute(at) for at in (10, 21, 27, 30, 41)]
    forwards = done(SCHEDULE, known, times, until=HORIZON)
    assert forwards == done(SCHEDULE, known, times[::-1], until=HORIZON)
    assert [*forwards] == [minute(at) for at in (10, 20, 27, 32, 40)]
