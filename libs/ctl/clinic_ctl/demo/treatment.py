"""The acts at the clinic: the series is booked, and an infusion is given."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from clinic_ctl.demo import pharmacy
from clinic_ctl.demo.bedside import gates
from clinic_ctl.demo.stage import (
    FRONT_DESK,
    NURSE,
    PRESCRIBER,
    SECOND_NURSE,
    ZONE,
    Stage,
)
from clinic_events.contracts.sessions import (
    DosingEnded,
    DosingStarted,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionRescheduled,
)

INFUSIONS: Final = 6
# Twice a week, in the mornings: the other five begin 3, 7, 10, 14 and 17 days after a Monday's.
MORNINGS: Final[dict[str, object]] = {
    "between": {"starts": "09:00", "ends": "12:00"},
    "least_hours": 72,
}
NINE: Final = 9
READINGS: Final = 4
# As the protocol asks for them: every ten minutes during dosing, every fifteen after it.
DURING: Final = timedelta(minutes=10)
AFTER: Final = timedelta(minutes=15)

Meanwhile: TypeAlias = Callable[[Stage, str], Awaitable[None]]

BEFORE: Final[dict[str, object]] = {
    "identity_confirmed": True,
    "escort_confirmed": True,
    "suicide_screen_negative": True,
    "hours_since_clear_fluids": 6.0,
    "hours_since_light_meal": 12.0,
    "hours_since_fatty_meal": 36.0,
    "pregnancy_test": "negative",
    "resuscitation_kit_checked": True,
    "life_support_on_site": True,
    "line_is_patent": True,
    "prescriber_on_site": True,
    "weight_kg": 82.0,
    "systolic": 124,
    "diastolic": 78,
    "heart_rate": 70,
    "spo2": 98,
    "moaas": 5,
    "dissociation": 0,
    "medicines_reconciled": True,
    "days_since_measure": 0,
    "days_since_pdmp_check": 0,
}
LEAVING: Final[dict[str, object]] = {
    "systolic": 126,
    "diastolic": 80,
    "spo2": 98,
    "moaas": 5,
    "aldrete": 10,
    "dissociation": 0,
    "is_oriented": True,
    "gait_is_steady": True,
    "nausea_is_controlled": True,
    "new_suicidal_ideation": False,
    "line_is_removed": True,
    "instructions_given": True,
    "escort_present": True,
    "escort": "friend",
}
HOME: Final[dict[str, object]] = {"discharge": "escorted", "adverse_event_grade_max": 1}


async def book_series(stage: Stage, first_day: datetime) -> None:
    """The first by itself, all others in one call."""
    slot = await _nine_o_clock(stage, first_day)
    booking = {"plan_id": stage.plan_id, **slot}
    first = await stage.doors.post(FRONT_DESK, "sessions", "/v1/sessions", booking)
    await _saw_booked(stage, first)
    await _refuse_double_booking(stage, booking)
    path = f"/v1/plans/{stage.plan_id}/series"
    wanted = {**MORNINGS, "from": first["starts_at"]}
    series = await stage.doors.post(FRONT_DESK, "sessions", path, wanted)
    account = f"{len(series['sessions'])} booked, {series['missing']} missing"
    await stage.note("sessions", "The others in one call", seen=account)
    for session in series["sessions"]:
        await _saw_booked(stage, session)


async def reschedule(stage: Stage, index: int, days: int) -> None:
    session = await stage.doors.get(NURSE, "sessions", f"/v1/sessions/{stage.sessions[index]}")
    day = datetime.fromisoformat(session["starts_at"]) + timedelta(days=days)
    to = await _nine_o_clock(stage, day, session_id=session["id"])
    path = f"/v1/sessions/{session['id']}/reschedule"
    moved = await stage.doors.post(FRONT_DESK, "sessions", path, to)
    title, account = f"Infusion {index + 1} moved", f"now {moved['starts_local']}"
    await stage.saw(title, SessionRescheduled, about=session["id"], seen=account)


async def cancel(stage: Stage, index: int) -> None:
    session_id = stage.sessions[index]
    why: dict[str, object] = {"reason": "patient_ill"}
    await stage.doors.post(FRONT_DESK, "sessions", f"/v1/sessions/{session_id}/cancel", why)
    await stage.saw(f"Infusion {index + 1} cancelled", SessionCancelled, about=session_id)


async def arrive(stage: Stage, index: int) -> None:
    """At the time of a session: the patient is here, and the bedside checks are done."""
    at = f"/v1/sessions/{stage.sessions[index]}"
    session = await stage.doors.get(NURSE, "sessions", at)
    await stage.wait_until(datetime.fromisoformat(session["starts_at"]))
    await stage.doors.post(FRONT_DESK, "sessions", f"{at}/arrive")
    await stage.note("sessions", f"Arrival for infusion {index + 1}", seen=await gates(stage, at))
    await stage.doors.post(NURSE, "sessions", f"{at}/checks", BEFORE)
    await stage.note("sessions", "Checks at the bedside", seen=await gates(stage, at))


async def refuse_dosing(stage: Stage, index: int) -> None:
    """The gates hold, whoever asks."""
    at = f"/v1/sessions/{stage.sessions[index]}"
    verify = _verifying(at, await _order_dose(stage, at))
    refusal = await stage.doors.post(SECOND_NURSE, "sessions", verify, expect=409)
    rules = ", ".join(conflict["kind"] for conflict in refusal["conflicts"])
    await stage.note("sessions", "Not to be dosed", seen=f"{refusal['code']}: {rules}")


async def give_infusion(stage: Stage, index: int, *, meanwhile: Meanwhile | None = None) -> None:
    """From the order to the discharge of a patient who has arrived and was checked."""
    await infuse(stage, index, meanwhile=meanwhile)
    at = f"/v1/sessions/{stage.sessions[index]}"
    await stage.doors.post(NURSE, "sessions", f"{at}/complete", HOME)
    title = f"Infusion {index + 1} completed, home with an escort"
    await stage.saw(title, SessionCompleted, about=stage.sessions[index])
    await stage.settle()


async def infuse(stage: Stage, index: int, *, meanwhile: Meanwhile | None = None) -> None:
    """Until the patient may leave. What happens `meanwhile` does so halfway through dosing, and
    takes less time than is between two readings."""
    await start(stage, index)
    at = f"/v1/sessions/{stage.sessions[index]}"
    await _dose(stage, at, stage.sessions[index], meanwhile)
    await _assess(stage, at)


async def start(stage: Stage, index: int) -> None:
    """The infusion runs."""
    at, about = f"/v1/sessions/{stage.sessions[index]}", stage.sessions[index]
    dose = await _order_dose(stage, at)
    if stage.vial_id:
        await pharmacy.draw(stage, about, dose["dose_mg"])
    await stage.doors.post(SECOND_NURSE, "sessions", _verifying(at, dose))
    await stage.doors.post(NURSE, "sessions", f"{at}/start-dosing")
    await stage.saw("Verified by a second person, started", DosingStarted, about=about)


async def _saw_booked(stage: Stage, session: dict[str, Any]) -> None:
    stage.sessions.append(session["id"])
    account = f"{session['starts_local']} in {session['chair']}"
    title = f"Infusion {session['infusion_number']} of {INFUSIONS} booked"
    await stage.saw(title, SessionBooked, about=session["id"], seen=account)


async def _refuse_double_booking(stage: Stage, booking: dict[str, object]) -> None:
    """The same patient, chair and nurse at the same time: refused, with what is in the way."""
    refusal = await stage.doors.post(FRONT_DESK, "sessions", "/v1/sessions", booking, expect=409)
    taken = ", ".join(conflict["kind"] for conflict in refusal["conflicts"])
    account = f"{refusal['code']}: {taken}"
    await stage.note("sessions", "The same again is refused", seen=account)


def _verifying(at: str, dose: dict[str, Any]) -> str:
    """Where a second person verifies it."""
    return f"{at}/dose-orders/{dose['number']}/verify"


async def _order_dose(stage: Stage, at: str) -> dict[str, Any]:
    """Ordered, and prepared."""
    order: dict[str, object] = {"mg_per_kg": 0.5}
    ordered = await stage.doors.post(PRESCRIBER, "sessions", f"{at}/dose-orders", order)
    dose: dict[str, Any] = ordered["dose"]
    account = f"{dose['dose_mg']:g} mg, {dose['volume_ml']:g} mL"
    await stage.note("sessions", "Dose ordered from today's weight", seen=account)
    await stage.doors.post(NURSE, "sessions", f"{at}/dose-orders/{dose['number']}/prepare")
    return dose


async def _dose(stage: Stage, at: str, session_id: str, meanwhile: Meanwhile | None) -> None:
    doors, began = stage.doors, await stage.now()
    for sequence in range(READINGS):
        if meanwhile is not None and sequence == READINGS // 2:
            await meanwhile(stage, at)
        await _read_at(stage, at, began + (sequence + 1) * DURING, sequence)
    kept = await doors.get(NURSE, "sessions", f"{at}/readings")
    account = f"{len(kept['items'])} readings"
    await doors.post(NURSE, "sessions", f"{at}/stop-dosing")
    await stage.saw("Forty minutes later, ended", DosingEnded, about=session_id, seen=account)
    if stage.vial_id:
        dose = (await doors.get(NURSE, "sessions", at))["dose"]
        await pharmacy.give(stage, session_id, dose["dose_mg"])


async def _assess(stage: Stage, at: str) -> None:
    doors, ended = stage.doors, await stage.now()
    early = await doors.post(NURSE, "sessions", f"{at}/discharge-assessments", LEAVING)
    shut = ", ".join(finding["rule"] for finding in early["findings"])
    await stage.note("sessions", "Too early to leave", seen=f"gates shut: {shut}")
    for number in range(READINGS):
        await _read_at(stage, at, ended + (number + 1) * AFTER, READINGS + number)
    await doors.post(NURSE, "sessions", f"{at}/discharge-assessments", LEAVING)


async def _read_at(stage: Stage, at: str, instant: datetime, sequence: int) -> None:
    """Nobody waits for a reading that is late: with these, none is."""
    await stage.wait_until(instant)
    reading = await _reading(stage, sequence)
    await stage.doors.post(NURSE, "sessions", f"{at}/readings", reading)


async def _nine_o_clock(stage: Stage, day: datetime, **moving: str) -> dict[str, object]:
    """The first free start from nine on, on that day, by the clock on the clinic's wall."""
    local = day.astimezone(ZONE).replace(hour=NINE, minute=0, second=0, microsecond=0)
    slots = await stage.doors.get(
        FRONT_DESK,
        "sessions",
        "/v1/slots",
        plan_id=stage.plan_id,
        **{"from": local.isoformat(), "to": (local + timedelta(hours=4)).isoformat()},
        **moving,
    )
    free: dict[str, Any] = next(slot for slot in slots["items"] if slot["chair"])
    return {name: free[name] for name in ("starts_at", "chair", "nurse")}


async def _reading(stage: Stage, sequence: int) -> dict[str, object]:
    return {
        "device": "monitor_1",
        "sequence": sequence,
        "taken_at": (await stage.now()).isoformat(),
        "systolic": 128 + sequence % READINGS,
        "diastolic": 80,
        "heart_rate": 74,
        "spo2": 97,
        "moaas": 5,
    }
