"""An alarm that was acknowledged and lasts is not forgotten."""

import pytest

from clinic_sessions.domain.bedside.alarms import AlarmNoted, AlarmStatus
from clinic_sessions.domain.facts import Aborted
from tests.support.watching import NURSE, Bedside


@pytest.fixture
async def bedside() -> Bedside:
    """Whose saturation alarmed two minutes into dosing, and was acknowledged."""
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(2, spo2=86)
    alarm = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    return bedside


async def test_readings_as_bad_as_before_call_somebody_again_and_again(bedside: Bedside) -> None:
    for at in (4, 6, 8, 10, 12):
        await bedside.reads(at, spo2=86)
    await bedside.moves(12.5)
    assert bedside.called == ["alarm_lasts"] * 2
    assert (await bedside.alarms())["spo2_low"].status is AlarmStatus.ACKNOWLEDGED


async def test_what_nobody_has_read_since_is_not_over(bedside: Bedside) -> None:
    await bedside.reads(6, spo2=None)
    await bedside.moves(7)
    assert bedside.called == ["alarm_lasts"]


async def test_what_is_within_the_limits_calls_nobody_until_it_is_not(bedside: Bedside) -> None:
    await bedside.reads(6, spo2=97)
    await bedside.moves(7)
    assert bedside.called == []
    await bedside.reads(11, spo2=86)
    await bedside.moves(12)
    assert bedside.called == ["alarm_lasts"]


async def test_a_closed_alarm_reminds_nobody(bedside: Bedside) -> None:
    alarm = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    await bedside.reads(5)
    await bedside.moves(8)
    assert bedside.called == []


async def leaves(bedside: Bedside, at: float) -> None:
    """The watch closes and the patient is gone, with what is open."""
    await bedside.moves(at)
    aborted = Aborted(bedside.clock(), "transferred_to_hospital")
    bedside.session = await bedside.ports.sessions.record(bedside.session, aborted)
    await bedside.handlers.follow(bedside.session, aborted)


async def test_an_acknowledged_alarm_calls_daily_once_the_patient_has_left(
    bedside: Bedside,
) -> None:
    await bedside.reads(3, spo2=97)
    await leaves(bedside, 5)
    calls = []
    for hours in (1, 23, 25, 49):
        await bedside.moves(60 * hours)
        calls.append(bedside.called.count("alarm_lasts"))
    assert calls == [1, 1, 2, 3]
    alarm = (await bedside.alarms())["spo2_low"]
    notes = [fact.what for fact in alarm.history if isinstance(fact, AlarmNoted)]
    assert notes == ["still_open"] * 3

    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    await bedside.moves(60 * 80)
    assert bedside.called.count("alarm_lasts") == 3


async def test_an_alarm_that_is_acknowledged_after_the_patient_has_left_calls_in_a_day() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(2, spo2=86)
    await leaves(bedside, 2.5)
    alarm = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.moves(60 * 23)
    assert bedside.called == []
    await bedside.moves(60 * 25)
    assert bedside.called == ["alarm_lasts"]


async def test_a_missed_reading_that_was_acknowledged_calls_only_once_the_patient_has_left() -> (
    None
):
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.moves(13)
    late = (await bedside.alarms())["reading_late"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", late.id)
    for at in (14, 20, 30, 40, 50):
        await bedside.reads(at)
    assert bedside.called == []
    await leaves(bedside, 51)
    await bedside.moves(60 * 49)
    assert bedside.called == ["alarm_lasts"] * 3


async def test_a_worker_that_was_away_for_a_day_ends_no_reminder(bedside: Bedside) -> None:
    await leaves(bedside, 5)
    await bedside.is_left_alone(60 * 26)
    assert bedside.called.count("alarm_lasts") == 1
    await bedside.moves(60 * 51)
    assert bedside.called.count("alarm_lasts") == 2


async def test_what_nobody_measured_again_alarms_after_a_day_without_a_worker() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(6, systolic=185)
    await bedside.is_left_alone(60 * 26)
    alarm = (await bedside.alarms())["systolic_high"]
    assert (alarm.status, alarm.newest_cause.is_confirmed) == (AlarmStatus.RAISED, False)


async def test_a_reading_that_is_missed_calls_after_a_day_without_a_worker() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.is_left_alone(60 * 26)
    assert (await bedside.alarms())["reading_late"].status is AlarmStatus.RAISED
    assert "reading_overdue" in bedside.called


async def test_all_readings_that_are_missed_in_a_day_without_a_worker_are_one_call() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    for at in (10, 20):
        await bedside.reads(at)
    await bedside.is_left_alone(60 * 26)
    seen = await bedside.handlers.monitor(NURSE, "ses_1")
    _, *others = overdue = [due.due_at for due in seen.dues if due.state == "overdue"]
    assert len(overdue) > 100
    assert bedside.called_about_readings == [len(overdue)]
    history = (await bedside.alarms())["reading_late"].history
    missed = [one for one in history if isinstance(one, AlarmNoted) and one.what == "missed_again"]
    assert [one.about for one in missed] == [at.isoformat() for at in others]


async def test_a_reading_that_is_overdue_after_a_call_about_many_calls_on_its_own() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.is_left_alone(60)
    await bedside.moves(60 + 25)
    many, *later = bedside.called_about_readings
    assert many > 1
    assert later == [1, 1]
