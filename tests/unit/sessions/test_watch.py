"""A patient is watched: what is due is seen to on its own, and what stands out is not lost."""

from dataclasses import replace

import pytest

from clinic_sessions.domain.bedside.alarms import AlarmNoted, AlarmStatus, Raised, Worsened
from clinic_sessions.domain.errors import (
    AlarmNotAllowed,
    ReadingCorrectedMeanwhile,
    ReadingKeepsItsTime,
    ReadingNotFound,
)
from tests.support.watching import NURSE, POLICY, Bedside, minute


@pytest.fixture
async def bedside() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    return bedside


def noted(bedside_alarm: object) -> list[str]:
    history = bedside_alarm.history  # type: ignore[attr-defined]  # an alarm
    return [fact.what for fact in history if isinstance(fact, AlarmNoted)]


async def test_a_reading_that_nobody_takes_alarms_then_calls_on_its_own(bedside: Bedside) -> None:
    await bedside.moves(12.9)
    assert await bedside.alarms() == {}

    await bedside.moves(13)
    assert (await bedside.alarms())["reading_late"].status is AlarmStatus.RAISED
    assert bedside.called == []

    await bedside.moves(16)
    assert bedside.called == ["reading_overdue"]
    assert bedside.called_as == ["charge_nurse"]


async def test_each_step_of_an_escalation_calls_the_role_it_names(bedside: Bedside) -> None:
    """Nobody acknowledges a saturation of 86 %: a call each minute, from the first minute on."""
    await bedside.reads(6, spo2=86)
    await bedside.moves(10)
    steps = POLICY.chase["stop"].calls
    assert bedside.called_as == list(steps[: len(bedside.called_as)])
    assert bedside.called_as[:2] == ["charge_nurse", "prescriber"]


async def test_the_last_step_is_called_again_until_somebody_acknowledges(bedside: Bedside) -> None:
    steps = POLICY.chase["stop"].calls  # from the 7th minute to the 11th; then every ten minutes
    for at in (6, 11, 16, 21, 26, 31):
        await bedside.reads(at, spo2=86)
    assert bedside.called_as == [*steps, steps[-1], steps[-1]]
    alarm = (await bedside.alarms())["spo2_low"]
    pending = [row for row in bedside.promises.pending() if row.about == alarm.id]
    assert len(pending) == 1

    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.reads(36, spo2=86)
    await bedside.reads(41, spo2=86)
    assert bedside.called.count("alarm_not_acknowledged") == 7


async def test_what_gets_worse_is_called_for_from_the_first_step_and_only_so(
    bedside: Bedside,
) -> None:
    await bedside.reads(6, spo2=91)
    await bedside.reads(20, spo2=86)
    alarm = (await bedside.alarms())["spo2_low"]
    assert (alarm.level, alarm.step) == ("stop", 0)
    pending = [row for row in bedside.promises.pending() if row.about == alarm.id]
    assert {row.facts["round"] for row in pending} == {alarm.round}


def test_a_step_beyond_the_last_calls_whom_the_last_one_does() -> None:
    chase = POLICY.chase["caution"]
    assert [chase.role_of(step) for step in (1, 2, 3, 4)] == [
        *("charge_nurse", "prescriber", "medical_director", "medical_director")
    ]
    assert set(POLICY.called) == {"charge_nurse", "prescriber", "medical_director"}


async def test_readings_in_time_leave_no_alarm_and_no_call(bedside: Bedside) -> None:
    for at in (10, 20, 30, 40):
        await bedside.reads(at)
    await bedside.stops(40)
    for at in (55, 70, 85):
        await bedside.reads(at)
    await bedside.moves(87)
    assert await bedside.alarms() == {}
    assert bedside.called == []


async def test_a_late_reading_keeps_the_charge_nurse_uncalled_and_the_alarm_open(
    bedside: Bedside,
) -> None:
    await bedside.moves(14)
    await bedside.reads(14)
    await bedside.moves(17.5)
    alarm = (await bedside.alarms())["reading_late"]
    assert (alarm.status, noted(alarm)) == (AlarmStatus.RAISED, ["reading_came"])
    assert "reading_overdue" not in bedside.called


async def test_an_alarm_that_nobody_acknowledges_calls_again_and_again(bedside: Bedside) -> None:
    await bedside.reads(8, spo2=86)
    await bedside.moves(12)
    assert bedside.called == ["alarm_not_acknowledged"] * 4
    assert (await bedside.alarms())["spo2_low"].status is AlarmStatus.RAISED


async def test_nobody_is_called_about_what_somebody_has_seen(bedside: Bedside) -> None:
    await bedside.reads(8, spo2=86)
    alarm = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.reads(10, spo2=86)
    await bedside.moves(12)
    assert bedside.called == []
    assert (await bedside.alarms())["spo2_low"].acknowledged_by == "usr_ada"


async def test_a_second_reading_confirms_what_the_first_has_passed(bedside: Bedside) -> None:
    await bedside.reads(6, systolic=165)
    assert await bedside.alarms() == {}
    await bedside.reads(9, systolic=166)
    alarm = (await bedside.alarms())["systolic_high"]
    assert (alarm.level, alarm.newest_cause.is_confirmed) == ("caution", True)


async def test_a_second_reading_within_the_limit_settles_the_first(bedside: Bedside) -> None:
    await bedside.reads(6, systolic=165)
    await bedside.reads(9, systolic=130)
    await bedside.moves(12)
    assert await bedside.alarms() == {}
    assert (await bedside.watch()).unconfirmed == ()


async def test_what_nobody_measures_again_alarms_unconfirmed(bedside: Bedside) -> None:
    await bedside.reads(6, systolic=165)
    await bedside.reads(9, systolic=None)
    await bedside.moves(11)
    alarm = (await bedside.alarms())["systolic_high"]
    assert not alarm.newest_cause.is_confirmed


async def test_what_gets_worse_is_raised_again_and_wants_a_new_acknowledgement(
    bedside: Bedside,
) -> None:
    await bedside.reads(6, systolic=165)
    await bedside.reads(8, systolic=165)
    first = (await bedside.alarms())["systolic_high"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", first.id)
    await bedside.reads(9, systolic=201)
    alarm = (await bedside.alarms())["systolic_high"]
    assert (alarm.id, alarm.level, alarm.status) == (first.id, "stop", AlarmStatus.RAISED)
    assert [type(fact) for fact in alarm.history if isinstance(fact, Raised | Worsened)] == [
        Raised,
        Worsened,
    ]


async def test_a_symptom_from_another_device_makes_high_pressure_an_emergency(
    bedside: Bedside,
) -> None:
    await bedside.reads(6, systolic=184)
    await bedside.reads(7, systolic=None, device="tablet_1", symptoms=("chest_pain",))
    alarm = (await bedside.alarms())["systolic_high"]
    assert (alarm.level, alarm.newest_cause.rule) == ("stop", "systolic-high-with-symptoms")


async def test_while_caution_holds_readings_are_due_every_five_minutes(bedside: Bedside) -> None:
    await bedside.reads(7, spo2=91)
    seen = await bedside.handlers.monitor(NURSE, "ses_1")
    assert [due.due_at for due in seen.dues] == [minute(12)]
    assert seen.next_due_at == minute(12)


async def test_when_the_last_alarm_is_closed_the_protocol_decides_again_what_is_due(
    bedside: Bedside,
) -> None:
    await bedside.reads(8, spo2=91)
    alarm = (await bedside.alarms())["spo2_low"]
    with pytest.raises(AlarmNotAllowed):
        await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.moves(9)
    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    await bedside.moves(13)
    assert list(await bedside.alarms()) == ["spo2_low", "reading_late"]


async def test_a_reading_sent_twice_changes_nothing(bedside: Bedside) -> None:
    reading = bedside.reading(8, spo2=86)
    assert (await bedside.sends(reading)).is_new
    before = (await bedside.watch(), await bedside.alarms(), dict(bedside.promises.rows))
    assert not (await bedside.sends(replace(reading, received_at=minute(9)))).is_new
    assert before == (await bedside.watch(), await bedside.alarms(), dict(bedside.promises.rows))


async def test_a_correction_is_kept_beside_and_noted_at_the_alarm(bedside: Bedside) -> None:
    await bedside.moves(8)
    first = bedside.reading(8, spo2=68)
    await bedside.sends(first)
    fixed = replace(first, spo2=98, corrects=1)
    assert (await bedside.sends(fixed)).reading.version == 2
    assert not (await bedside.sends(fixed)).is_new
    alarm = (await bedside.alarms())["spo2_low"]
    assert (alarm.status, noted(alarm)) == (AlarmStatus.RAISED, ["reading_corrected"])
    kept = await bedside.handlers.list_readings(NURSE, "ses_1")
    assert [(one.version, one.spo2, one.taken_by) for one in kept] == [
        (1, 68, "usr_ada"),
        (2, 98, "usr_ada"),
    ]


async def test_a_correction_that_alarms_alarms(bedside: Bedside) -> None:
    await bedside.moves(8)
    first = bedside.reading(8, spo2=98)
    await bedside.sends(first)
    await bedside.sends(replace(first, spo2=84, corrects=1))
    assert (await bedside.alarms())["spo2_low"].level == "stop"


async def test_a_correction_names_the_newest_version_and_keeps_the_time(bedside: Bedside) -> None:
    await bedside.moves(8)
    first = bedside.reading(8)
    with pytest.raises(ReadingNotFound):
        await bedside.sends(replace(first, corrects=1))
    await bedside.sends(first)
    with pytest.raises(ReadingKeepsItsTime):
        await bedside.sends(replace(first, corrects=1, taken_at=minute(7)))
    await bedside.sends(replace(first, corrects=1, spo2=97))
    with pytest.raises(ReadingCorrectedMeanwhile):
        await bedside.sends(replace(first, corrects=1, spo2=96))


@pytest.mark.parametrize(("off", "clock"), [(9, "ahead"), (-1_000, "behind")])
async def test_a_reading_by_a_wrong_clock_alarms_and_answers_nothing(
    bedside: Bedside, off: int, clock: str
) -> None:
    await bedside.moves(10)
    taken = await bedside.sends(bedside.reading(10 + off, spo2=86))
    assert taken.reading.clock == clock
    assert "spo2_low" in await bedside.alarms()
    assert (await bedside.watch()).answered == ()


async def test_what_a_tablet_held_back_counts_when_it_was_taken(bedside: Bedside) -> None:
    await bedside.moves(35)
    buffered = [bedside.reading(at, received_at=minute(35)) for at in (10, 20, 30)]
    await bedside.sends(*buffered)
    seen = await bedside.handlers.monitor(NURSE, "ses_1")
    assert [due.state for due in seen.dues] == ["done", "done", "done", "upcoming"]
    assert seen.gaps == []
    assert seen.open_alarms[0].concern == "reading_late"


async def test_a_gap_is_shown_as_a_gap(bedside: Bedside) -> None:
    await bedside.reads(10)
    await bedside.reads(30)
    await bedside.moves(45)
    seen = await bedside.handlers.monitor(NURSE, "ses_1")
    gaps = [(gap.since, gap.until) for gap in seen.gaps]
    assert gaps == [(minute(10), minute(30)), (minute(30), None)]
    assert seen.next_due_at == minute(20)


async def test_an_alarm_that_was_closed_is_not_raised_by_what_was_taken_before(
    bedside: Bedside,
) -> None:
    await bedside.reads(5, spo2=91)
    alarm = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.moves(8)
    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    await bedside.sends(bedside.reading(7, spo2=90))
    closed = (await bedside.alarms())["spo2_low"]
    assert (closed.status, noted(closed)) == (AlarmStatus.CLOSED, ["taken_before_it_was_closed"])

    await bedside.sends(bedside.reading(7, spo2=84))
    assert (await bedside.alarms())["spo2_low"].level == "stop"


async def test_the_baseline_is_what_was_measured_before_dosing() -> None:
    bedside = Bedside()
    await bedside.arrives(checked=True)
    await bedside.reads(-10, systolic=110, spo2=None)
    await bedside.starts()
    baseline = (await bedside.watch()).baseline
    assert (baseline["systolic"].value, baseline["spo2"].source) == (110, "check")
    await bedside.reads(6, systolic=141)
    await bedside.reads(9, systolic=142)
    alarm = (await bedside.alarms())["systolic_high"]
    assert alarm.newest_cause.rule == "systolic-rise"
