"""What answers a due, what a reading that comes late is worth, and which baseline counts."""

from dataclasses import replace

import pytest

from clinic_sessions.domain.bedside.alarms import AlarmStatus
from clinic_sessions.domain.errors import NotNow
from clinic_sessions.domain.facts import Aborted
from clinic_sessions.domain.session import Status
from tests.support.watching import NURSE, Bedside, minute


@pytest.fixture
async def bedside() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    return bedside


async def test_without_a_baseline_what_needs_one_is_not_known_until_it_comes(
    bedside: Bedside,
) -> None:
    await bedside.reads(0.5, systolic=141)
    await bedside.reads(2.5, systolic=142)
    unknown = (await bedside.handlers.monitor(NURSE, "ses_1")).unknown
    assert (unknown, await bedside.alarms()) == (["systolic-rise", "systolic-fall"], {})

    await bedside.moves(2.6)
    late = bedside.reading(-3, systolic=180, device="tablet_1")
    await bedside.sends(late)  # of before dosing, or of now by a clock that is behind
    assert (await bedside.watch()).baseline == {}

    early = bedside.reading(-0.5, systolic=108, device="tablet_1", received_at=minute(1))
    await bedside.sends(early)
    assert (await bedside.handlers.monitor(NURSE, "ses_1")).unknown == []
    assert (await bedside.alarms())["systolic_high"].newest_cause.rule == "systolic-rise"


async def test_when_a_session_ends_nothing_is_due_and_old_readings_are_welcome(
    bedside: Bedside,
) -> None:
    await bedside.reads(10)
    await bedside.moves(12)
    ended = replace(bedside.session, status=Status.ABORTED, ended_at=minute(12))
    await bedside.handlers.follow(ended, Aborted(minute(12), "ill"))
    await bedside.ports.sessions.record(bedside.session, Aborted(minute(12), "ill"))
    await bedside.moves(60)
    assert await bedside.alarms() == {}
    await bedside.sends(bedside.reading(11, spo2=86))
    assert "spo2_low" in await bedside.alarms()
    with pytest.raises(NotNow):
        await bedside.sends(bedside.reading(13))


async def test_a_reading_of_which_nothing_follows_leaves_the_watch_as_it_is(
    bedside: Bedside,
) -> None:
    await bedside.reads(10)
    before = await bedside.watch()
    for at in (11, 12, 13):
        await bedside.reads(at)
    assert await bedside.watch() == before
    assert before.answered == (minute(10),)


async def test_an_oximeter_alone_answers_no_due(bedside: Bedside) -> None:
    for second in range(0, 16 * 60, 30):
        only = dict.fromkeys(("systolic", "diastolic", "heart_rate", "moaas"))
        await bedside.reads(second / 60, device="oximeter_1", **only)
    await bedside.moves(16)
    assert (await bedside.alarms())["reading_late"].status is AlarmStatus.RAISED
    assert bedside.called == ["reading_overdue"]
    seen = await bedside.handlers.monitor(NURSE, "ses_1")
    assert [due.state for due in seen.dues] == ["overdue", "upcoming"]
    assert [gap.since for gap in seen.gaps] == [minute(0)]


async def test_what_several_devices_read_for_one_due_answers_it_together(bedside: Bedside) -> None:
    await bedside.reads(9, moaas=None)
    assert (await bedside.watch()).answered == ()
    asked = dict.fromkeys(("systolic", "diastolic", "heart_rate", "spo2"))
    await bedside.reads(11, device="tablet_1", **asked)
    assert (await bedside.watch()).answered == (minute(10),)
    assert (await bedside.watch()).partly == ()
    seen = await bedside.handlers.monitor(NURSE, "ses_1")
    assert [(due.state, due.read_at) for due in seen.dues][:1] == [("done", minute(11))]


async def test_what_is_read_again_for_a_due_that_waits_writes_nothing(bedside: Bedside) -> None:
    await bedside.reads(9, moaas=None)
    before = await bedside.watch()
    await bedside.reads(9.5, moaas=None)
    assert await bedside.watch() == before


async def test_what_comes_late_alarms_although_its_alarm_was_closed_meanwhile(
    bedside: Bedside,
) -> None:
    await bedside.reads(20, spo2=91)
    first = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", first.id)
    await bedside.moves(22)
    await bedside.handlers.close_alarm(NURSE, "ses_1", first.id, action="oxygen_given")
    await bedside.moves(24)
    await bedside.sends(bedside.reading(-276, spo2=90))  # a device that is five hours behind
    again = (await bedside.alarms())["spo2_low"]
    assert (again.id != first.id, again.status) == (True, AlarmStatus.RAISED)


async def test_the_baseline_is_the_last_that_was_measured_before_the_start() -> None:
    bedside = Bedside()
    await bedside.arrives(checked=True)
    await bedside.reads(-20, systolic=175, diastolic=98)
    await bedside.reads(-5, systolic=150, diastolic=90)
    await bedside.starts()
    assert (await bedside.watch()).baseline["systolic"].value == 150
    await bedside.reads(6, systolic=180)
    await bedside.reads(9, systolic=180)
    assert (await bedside.alarms())["systolic_high"].level == "pause"


async def test_a_check_after_the_last_reading_is_the_baseline() -> None:
    bedside = Bedside()
    await bedside.moves(-30)
    await bedside.arrives(checked=True)
    await bedside.sends(bedside.reading(-40, systolic=175))
    await bedside.starts()
    known = (await bedside.watch()).baseline["systolic"]
    assert known.source == "check"


@pytest.mark.parametrize("minutes", [(19,), (19, 29)])
async def test_alarms_that_are_opened_and_closed_over_a_due_leave_it_due(
    bedside: Bedside, minutes: tuple[int, ...]
) -> None:
    """Of an oximeter alone, so that nobody has read the rest since the tenth minute."""
    await bedside.reads(10)
    alone = dict.fromkeys(("systolic", "diastolic", "heart_rate", "moaas"))
    for at in minutes:
        await bedside.reads(at, spo2=90, **alone)
        alarm = (await bedside.alarms())["spo2_low"]
        await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
        await bedside.moves(at + 3)
        await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    planned = [one.due_at for one in (await bedside.watch()).planned]
    assert planned[: len(minutes)] == [minute(at + 1) for at in minutes]
    await bedside.moves(23)
    assert "reading_late" in await bedside.alarms()
