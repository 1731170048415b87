"""Nobody sends a reading: the bedside is alarmed, then somebody is called by a letter."""

from datetime import timedelta

from clinic_ctl.demo import arrival, treatment
from clinic_ctl.demo.play import next_monday
from clinic_ctl.demo.stage import NURSE, Stage
from clinic_ctl.stack.stack import Stack
from clinic_events import AlarmRaised, MessageSent, StaffCalled
from tests.support.stage import a_stage

ON_CALL_ON_MONDAYS = "ada@sample-street.example.org"  # by the rota of the sample place


async def a_patient_is_dosed(stage: Stage) -> str:
    """Until the infusion runs; the path of the session."""
    await stage.wait_until(next_monday(await stage.now()))
    await arrival.open_place(stage)
    somebody_else = {"name": "Testo Specimen", "email": "testo.specimen@example.org"}
    await arrival.enquire(stage, **somebody_else, phone="+1-555-0102")
    await arrival.screen(stage)
    await arrival.consent(stage)
    await arrival.consult(stage)
    await arrival.clear(stage)
    await treatment.book_series(stage, next_monday(await stage.now()))
    await treatment.arrive(stage, 0)
    await treatment.start(stage, 0)
    return f"/v1/sessions/{stage.sessions[0]}"


def calls_about_them(stage: Stage) -> list[str]:
    """What for. Of others, whom earlier tests left behind, more may come as the clock moves."""
    called = stage.witness.of(StaffCalled)
    return [one.event.reason for one in called if one.event.patient_id == stage.patient_id]


async def test_a_reading_that_nobody_takes_ends_in_a_letter_to_the_one_on_call(
    clinic: Stack,
) -> None:
    async with a_stage(clinic) as stage:
        at = await a_patient_is_dosed(stage)
        await stage.wait(timedelta(minutes=14))
        raised = await stage.witness.sees(AlarmRaised, lambda e: e.key == stage.patient_id)
        alarms = (await stage.doors.get(NURSE, "sessions", f"{at}/alarms"))["items"]
        assert [one["id"] for one in alarms] == [raised.event.alarm_id]
        assert calls_about_them(stage) == []

        await stage.wait(timedelta(minutes=3))
        called = await stage.witness.sees(StaffCalled, lambda e: e.key == stage.patient_id)
        assert (called.event.reason, called.event.about_id) == (
            "reading_overdue",
            raised.event.alarm_id,
        )
        call_id = called.event.call_id
        await stage.witness.sees(MessageSent, lambda e: e.promise_about == call_id)
        letters = [one for one in await stage.letters() if raised.event.alarm_id in str(one)]
        assert len(letters) == 1
        assert ON_CALL_ON_MONDAYS in str(letters[0])
        assert stage.patient_id not in str(letters[0])

        seen = await stage.doors.get(NURSE, "sessions", f"{at}/monitoring")
        assert [due["state"] for due in seen["due"]] == ["overdue", "upcoming"]
        reason: dict[str, object] = {"reason": "transferred_to_hospital"}
        await stage.doors.post(NURSE, "sessions", f"{at}/abort", reason)
        await stage.settle()
