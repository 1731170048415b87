"""What is sent from a bedside is kept, or its sender is answered that it is not."""

from dataclasses import replace

import pytest

from clinic_sessions.domain.errors import NotNow, ReadingDiffers
from clinic_sessions.domain.facts import Aborted, Cancelled, Fact, Missed
from tests.support.watching import NURSE, Bedside, minute


@pytest.fixture
async def bedside() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    return bedside


async def test_a_device_that_counts_anew_is_answered_that_its_reading_is_not_kept(
    bedside: Bedside,
) -> None:
    await bedside.moves(10)
    await bedside.sends(replace(bedside.reading(4), sequence=1))
    fine = bedside.reading(9)
    rebooted = replace(bedside.reading(8, systolic=212), sequence=1)
    with pytest.raises(ReadingDiffers) as refused:
        await bedside.sends(fine, rebooted)
    assert refused.value.conflicts == [{"kind": "sequence"}, {"kind": "reading", "index": 1}]
    await bedside.sends(fine, replace(rebooted, device="monitor_1_again"))
    assert "systolic_high" in await bedside.alarms()


async def test_one_batch_with_two_readings_under_one_number_is_refused(bedside: Bedside) -> None:
    await bedside.moves(10)
    first = bedside.reading(8)
    with pytest.raises(ReadingDiffers):
        await bedside.sends(first, replace(first, taken_at=minute(9), systolic=212))
    assert await bedside.handlers.list_readings(NURSE, "ses_1") == []


async def test_what_was_corrected_since_may_be_sent_again_as_it_was(bedside: Bedside) -> None:
    await bedside.moves(8)
    first = bedside.reading(8, spo2=97)
    await bedside.sends(first)
    await bedside.sends(replace(first, spo2=98, corrects=1))
    again = await bedside.sends(first)
    assert (again.is_new, again.reading.version) == (False, 2)
    with pytest.raises(ReadingDiffers):
        await bedside.sends(replace(first, spo2=86))


@pytest.mark.parametrize("end", [Cancelled("patient_asked", short_notice=True), Missed()])
async def test_whoever_has_left_before_a_dose_is_watched_no_longer(end: Fact) -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.reads(-10)
    bedside.session = await bedside.ports.sessions.record(bedside.session, end)
    await bedside.handlers.follow(bedside.session, end)
    await bedside.moves(-5)
    with pytest.raises(NotNow):
        await bedside.sends(bedside.reading(-5, spo2=86))
    assert await bedside.alarms() == {}


async def test_a_batch_is_answered_which_reading_is_of_after_the_end(bedside: Bedside) -> None:
    await bedside.moves(20)
    bedside.session = await bedside.ports.sessions.record(
        bedside.session, Aborted(bedside.clock(), "transferred_to_hospital")
    )
    await bedside.handlers.follow(bedside.session, Aborted(bedside.clock(), "transferred"))
    await bedside.moves(25)
    with pytest.raises(NotNow) as refused:
        await bedside.sends(bedside.reading(15), bedside.reading(24))
    assert vars(refused.value)["conflicts"] == [{"kind": "reading", "index": 1}]


async def test_a_correction_by_a_wrong_clock_counts_when_the_first_came(bedside: Bedside) -> None:
    await bedside.moves(10)
    first = bedside.reading(19, spo2=97)
    await bedside.sends(first)
    await bedside.moves(14)
    for corrects, spo2 in enumerate((96, 95), start=1):
        fixed = replace(first, spo2=spo2, corrects=corrects, received_at=bedside.clock())
        assert (await bedside.sends(fixed)).reading.counts_at == minute(10)
        assert not (await bedside.sends(fixed)).is_new


async def test_an_alarm_of_a_visit_that_was_cancelled_calls_daily_once_its_steps_are_done() -> None:
    bedside, cancelled = Bedside(), Cancelled("ill", short_notice=True)
    await bedside.arrives()
    await bedside.sends(bedside.reading(0, spo2=86))
    bedside.session = await bedside.ports.sessions.record(bedside.session, cancelled)
    await bedside.handlers.follow(bedside.session, cancelled)
    calls = []
    for hours in (1, 23, 25, 49):
        await bedside.moves(60 * hours)
        calls.append(len(bedside.called))
    assert calls == [5, 5, 6, 7]
