"""What software shows at the bedside and only people answer: a gate that is shut, an alarm."""

from datetime import timedelta
from typing import Final

from clinic_ctl.demo.stage import NURSE, PRESCRIBER, Stage
from clinic_events.contracts.watch import AlarmAcknowledged, AlarmClosed, AlarmRaised

GATE: Final = "G-FASTING"
# Shorter than the two hours that the gate asks for.
TEA_HOURS_AGO: Final = 1
# Passes a limit that counts at once; the protocol requires: stimulate, give oxygen.
LOW_SPO2: Final = 91
NORMAL_SPO2: Final = 97
BETWEEN_READINGS: Final = timedelta(minutes=4)
A_MINUTE: Final = timedelta(minutes=1)


async def gates(stage: Stage, at: str) -> str:
    """Which are shut now, and which are open only since somebody has waived them."""
    readiness = await stage.doors.get(NURSE, "sessions", f"{at}/readiness")
    of_state: dict[bool, list[str]] = {True: [], False: []}
    for finding in readiness["findings"]:
        of_state[finding["state"] == "waived"].append(finding["rule"])
    if of_state[False]:
        return f"gates shut: {', '.join(of_state[False])}"
    waived = f", waived: {', '.join(of_state[True])}" if of_state[True] else ""
    return f"all gates open{waived}"


async def waive_fasting(stage: Stage, at: str) -> None:
    """Somebody has had tea after all: a prescriber opens the gate, with a reason and a name."""
    tea: dict[str, object] = {"hours_since_clear_fluids": TEA_HOURS_AGO}
    await stage.doors.post(NURSE, "sessions", f"{at}/checks", tea)
    await stage.note("sessions", "Tea an hour ago", seen=await gates(stage, at))
    waiver: dict[str, object] = {
        "gate": GATE,
        "reason": "clear_fluids_only",
        "seen": {"hours_since_clear_fluids": TEA_HOURS_AGO},
    }
    await stage.doors.post(PRESCRIBER, "sessions", f"{at}/waivers", waiver)
    await stage.note("sessions", "A prescriber waives it", seen=await gates(stage, at))


async def answer_alarm(stage: Stage, at: str) -> None:
    """Acknowledged at once, so that nobody is called; closed once a minute of oxygen has helped."""
    await stage.wait(BETWEEN_READINGS)
    await _measure(stage, at, 0, LOW_SPO2)
    raised = await stage.witness.sees(AlarmRaised, lambda alarm: alarm.key == stage.patient_id)
    alarm = raised.event
    account = f"SpO2 {LOW_SPO2} %: {alarm.rule}, {alarm.level}"
    await stage.saw("An alarm", AlarmRaised, about=alarm.alarm_id, seen=account)
    path = f"{at}/alarms/{alarm.alarm_id}"
    await stage.doors.post(NURSE, "sessions", f"{path}/acknowledge")
    await stage.saw("A nurse has seen it", AlarmAcknowledged, about=alarm.alarm_id)
    await stage.wait(A_MINUTE)
    await _measure(stage, at, 1, NORMAL_SPO2)
    await stage.doors.post(NURSE, "sessions", f"{path}/close", {"action": "oxygen_given"})
    closed = await stage.witness.sees(AlarmClosed, lambda one: one.alarm_id == alarm.alarm_id)
    account = f"SpO2 {NORMAL_SPO2} %: {closed.event.action}"
    await stage.saw("A nurse closes it", AlarmClosed, about=alarm.alarm_id, seen=account)


async def _measure(stage: Stage, at: str, sequence: int, spo2: int) -> None:
    """In between, by a device of its own."""
    reading: dict[str, object] = {
        "device": "oximeter_1",
        "sequence": sequence,
        "taken_at": (await stage.now()).isoformat(),
        "spo2": spo2,
    }
    await stage.doors.post(NURSE, "sessions", f"{at}/readings", reading)
