"""The ports that watching over patients needs keep their promises, in memory and in MongoDB."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_sessions.domain.bedside.alarms import (
    Acknowledged,
    Alarm,
    AlarmFact,
    AlarmNoted,
    Cause,
    Closed,
    Escalated,
    Raised,
    Worsened,
)
from clinic_sessions.domain.bedside.crossing import Baseline
from clinic_sessions.domain.bedside.monitoring import Caution
from clinic_sessions.domain.bedside.watch import LatestAlarm, Planned, Unconfirmed, Watch
from clinic_sessions.domain.errors import AlarmNotFound, Conflict
from tests.support.sessions import NOON, a_call, a_reading
from tests.support.sessions_ports import KINDS, Ports, the_ports


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


def a_watch() -> Watch:
    return Watch(
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        protocol="iv-ketamine-depression",
        protocol_version=1,
    )


def an_alarm() -> Alarm:
    return Alarm(
        id="alm_1",
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        concern="spo2_low",
    )


async def test_a_call_made_twice_is_one_and_published_once(ports: Ports) -> None:
    assert await ports.calls.make(a_call())
    assert not await ports.calls.make(a_call())
    assert await ports.calls.make(a_call(2, patient_id=None))
    assert ports.published == ["StaffCalled", "StaffCalled"]
    assert [event.key for event in ports.outbox.published] == ["pat_1", "loc_sample"]


async def test_a_reading_is_kept_as_it_came_and_held(ports: Ports) -> None:
    first = replace(a_reading(1), symptoms=("chest_pain",), rhythm="regular", taken_by="usr_ada")
    await ports.readings.add([(first, []), (a_reading(2), ["spo2-low-1"])])
    held = await ports.readings.held("ses_1", [("monitor_1", 1), ("monitor_1", 9)])
    assert held == {("monitor_1", 1): first}
    assert await ports.readings.held("ses_2", [("monitor_1", 1)]) == {}


async def test_a_corrected_reading_stays_and_counts_no_longer(ports: Ports) -> None:
    first = a_reading(1)
    fixed = replace(first, version=2, corrects=1, spo2=90)
    again = replace(first, version=3, corrects=2, spo2=91)
    await ports.readings.add([(first, ["spo2-low-1"])])
    await ports.readings.add([(fixed, [])])
    await ports.readings.add([(again, [])])
    assert await ports.readings.of_session("ses_1") == [first, fixed, again]
    assert await ports.readings.counting("ses_1") == [again]
    assert await ports.readings.taken("ses_1") == [again.look]
    assert await ports.readings.held("ses_1", [("monitor_1", 1)]) == {("monitor_1", 1): again}
    everywhen = [(NOON - timedelta(days=1), NOON + timedelta(days=1))]
    assert await ports.readings.marked("ses_1", "spo2-low-1", everywhen) is None


async def test_readings_come_by_the_time_they_count_at(ports: Ports) -> None:
    late, early = a_reading(1, minutes=9), a_reading(2, minutes=4)
    wrong = replace(a_reading(3, minutes=200), clock="ahead")  # counts when it came
    await ports.readings.add([(late, []), (wrong, []), (early, [])])
    await ports.readings.add([(a_reading(1, session_id="ses_2"), [])])
    assert await ports.readings.of_session("ses_1") == [early, late, wrong]
    at = NOON + timedelta(minutes=9)
    assert await ports.readings.counting("ses_1", until=at) == [early, late]
    assert await ports.readings.counting("ses_1", since=at) == [late, wrong]
    assert await ports.readings.taken("ses_1") == [early.look, late.look]
    assert await ports.readings.taken("ses_1", since=at) == [late.look]


async def test_a_mark_is_found_in_its_windows_ends_included(ports: Ports) -> None:
    marked = a_reading(1, minutes=9)
    await ports.readings.add([(marked, ["a", "b"]), (a_reading(2, minutes=9), [])])
    at = marked.taken_at
    minute = timedelta(minutes=1)
    for window in ((at, at + minute), (at - minute, at)):
        beside = (at + 5 * minute, at + 6 * minute)
        assert await ports.readings.marked("ses_1", "b", [beside, window]) == marked
        assert await ports.readings.marked("ses_1", "c", [window]) is None
        assert await ports.readings.marked("ses_2", "b", [window]) is None
    assert await ports.readings.marked("ses_1", "b", [(at + minute, at + 2 * minute)]) is None


async def test_a_reading_can_be_marked_afterwards(ports: Ports) -> None:
    reading = a_reading(1)
    await ports.readings.add([(reading, [])])
    await ports.readings.remark([(reading, ["systolic-rise"])])
    window = (reading.taken_at, reading.taken_at)
    assert await ports.readings.marked("ses_1", "systolic-rise", [window]) == reading


async def test_a_watch_is_kept_whole_and_by_the_faster_of_two(ports: Ports) -> None:
    assert await ports.watches.find("ses_1") is None
    watch = replace(
        a_watch(),
        started_at=NOON,
        baseline={"systolic": Baseline(120.0, NOON, "check")},
        answered=(NOON,),
        planned=(Planned(NOON, 1, is_late=True, is_called=True),),
        cautions=(Caution(NOON),),
        unconfirmed=(Unconfirmed("a", "a", NOON, "ses_1/monitor_1/1/1"),),
        standings={"spo2_low": LatestAlarm("alm_1", "pause", 1)},
    )
    first = await ports.watches.keep(watch)
    assert await ports.watches.find("ses_1") == first == replace(watch, revision=1)
    second = await ports.watches.keep(first)
    with pytest.raises(Conflict):
        await ports.watches.keep(first)
    assert await ports.watches.find("ses_1") == second


async def test_an_alarm_is_kept_with_all_that_happened_to_it_and_published(ports: Ports) -> None:
    with pytest.raises(AlarmNotFound):
        await ports.alarms.get("alm_1")
    alarm = an_alarm()
    cause = Cause("spo2-low-2", "pause", "Give oxygen.", ("ses_1/monitor_1/1/1",))
    facts: list[AlarmFact] = [
        Raised(cause, NOON, NOON),
        AlarmNoted("reading_corrected", "ses_1/monitor_1/1/2", NOON),
        Worsened(replace(cause, level="stop", is_confirmed=False), NOON, NOON),
        Escalated(1, NOON),
        Acknowledged("usr_ada", NOON),
        Closed("usr_ada", "oxygen_given", NOON),
    ]
    for fact in facts:
        alarm = await ports.alarms.record(alarm, fact)
    assert await ports.alarms.get("alm_1") == alarm
    assert await ports.alarms.of_session("ses_1") == [alarm]
    assert list(alarm.history) == facts
    assert ports.published == ["AlarmRaised", "AlarmRaised", "AlarmAcknowledged", "AlarmClosed"]


async def test_the_second_of_two_who_change_an_alarm_is_refused(ports: Ports) -> None:
    raised = Raised(Cause("spo2-low-2", "pause", "Give oxygen."), NOON, NOON)
    first = await ports.alarms.record(an_alarm(), raised)
    await ports.alarms.record(first, Acknowledged("usr_ada", NOON))
    with pytest.raises(Conflict):
        await ports.alarms.record(first, Acknowledged("usr_ben", NOON))
    assert (await ports.alarms.get("alm_1")).acknowledged_by == "usr_ada"
