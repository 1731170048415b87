"""The journey, act by act, and what must be true at its end."""

from datetime import datetime, timedelta
from typing import Final

from clinic_ctl.demo import aftercare, arrival, bedside, pharmacy, treatment
from clinic_ctl.demo.stage import ZONE, Stage

MONDAY: Final = 0
FIRST, SECOND, THIRD = range(3)
# Everything that is due at an instant has been done a moment later.
A_MOMENT: Final = timedelta(minutes=1)
BEFORE_THE_SHIFT: Final = timedelta(minutes=30)


async def play(stage: Stage) -> None:
    first_day = await _play_until_the_day_before(stage)
    await stage.wait_until(first_day - BEFORE_THE_SHIFT)
    await pharmacy.receive_vial(stage)
    await pharmacy.count_vial(stage, "start")
    await treatment.arrive(stage, FIRST)
    await bedside.waive_fasting(stage, f"/v1/sessions/{stage.sessions[FIRST]}")
    await treatment.give_infusion(stage, FIRST, meanwhile=bedside.answer_alarm)
    await _end_of_shift(stage)
    await _first_week(stage)
    await aftercare.answer_with_risk(stage)
    await aftercare.acknowledge_alert(stage)
    await treatment.arrive(stage, THIRD)
    await treatment.refuse_dosing(stage, THIRD)
    await aftercare.close_alert(stage)
    await pharmacy.count_vial(stage, "start")
    await treatment.give_infusion(stage, THIRD)
    await _end_of_shift(stage)
    await stage.wait(timedelta(hours=4) + A_MOMENT)
    await aftercare.read_letter(stage, "safety-ping")


async def play_until_the_first_infusion(stage: Stage) -> None:
    """The patient has arrived, and was checked."""
    await _play_until_the_day_before(stage)
    await treatment.arrive(stage, FIRST)


async def _play_until_the_day_before(stage: Stage) -> datetime:
    """When the first infusion begins."""
    await stage.wait_until(next_monday(await stage.now()))
    await _arrive_at_the_clinic(stage)
    return await _book(stage)


async def _end_of_shift(stage: Stage) -> None:
    await pharmacy.count_vial(stage, "end")
    await pharmacy.close_day(stage)


async def _arrive_at_the_clinic(stage: Stage) -> None:
    await arrival.open_place(stage)
    await arrival.enquire(stage)
    await arrival.screen(stage)
    await arrival.consent(stage)
    await arrival.consult(stage)
    await arrival.clear(stage)
    await aftercare.answer_phq9(stage, "The PHQ-9 before")


async def _book(stage: Stage) -> datetime:
    first_day = next_monday(await stage.now())
    await treatment.book_series(stage, first_day)
    await stage.wait_until(first_day - timedelta(days=1) + A_MOMENT)
    await aftercare.read_letter(stage, "two-days-before")
    await aftercare.read_letter(stage, "one-day-before")
    return first_day


async def _first_week(stage: Stage) -> None:
    """The second infusion is cancelled, the third moved, so that the weekly survey is due first."""
    discharged = await stage.now()
    await stage.wait_until(discharged + timedelta(hours=4) + A_MOMENT)
    await aftercare.read_letter(stage, "safety-ping")
    await treatment.cancel(stage, SECOND)
    await treatment.reschedule(stage, THIRD, days=1)
    await stage.wait_until(discharged + timedelta(hours=24) + A_MOMENT)
    for line in ("journal-1", "integration-invitation"):
        await aftercare.read_letter(stage, line)
    await aftercare.answer_mood(stage, 6)
    await stage.wait_until(discharged + timedelta(hours=72) + A_MOMENT)
    for line in ("journal-2", "journal-3"):
        await aftercare.read_letter(stage, line)
    await aftercare.answer_mood(stage, 7)
    await stage.wait_until(discharged + timedelta(days=7) + A_MOMENT)
    await aftercare.read_letter(stage, "practice")


def next_monday(now: datetime) -> datetime:
    """Nine o'clock on the clinic's wall, on the first Monday that is yet to come."""
    today = now.astimezone(ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - (today.weekday() - MONDAY) % 7)
