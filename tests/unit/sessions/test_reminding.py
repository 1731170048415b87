"""An alarm that was acknowledged and lasts is not forgotten."""

import pytest

from clinic_sessions.domain.bedside.alarms import AlarmStatus
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
