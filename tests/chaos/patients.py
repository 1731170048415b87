"""The course of a storm's invented patients, in phases; between two of them time passes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from clinic_ctl.demo.arrival import CONSENTS, INSTRUMENTS, PROTOCOL, VITALS, sample_place
from clinic_ctl.demo.stage import NURSE, ZONE
from clinic_ctl.demo.treatment import BEFORE, LEAVING
from tests.chaos.load import ANSWER_WITHIN, ASK_EVERY, Client

COMPETENCES: Final = ("infusion", "sedation_monitoring")
AT_A_PLACE: Final = 50  # chairs, as many as a place may have
COMMANDS_EACH: Final = 37
# Words that are nobody's but an invented patient's. They belong in the database and in letters.
# Each has a letter that no id is written with: "zwname" once was in the middle of one.
CANARIES: Final = ("zwsurname", "zwgreeting", "zwemail", "+1-556-01", "zwreason", "zwrationale")


@dataclass(slots=True, kw_only=True)
class Patient:
    """Has a chair, a nurse, a pump and a monitor of their own: nobody is ever in anybody's way."""

    number: int
    place: str
    slot: Mapping[str, Any]
    first_in: timedelta = timedelta(days=1)
    id: str = ""
    consultation: str = ""
    plan: str = ""
    session: str = ""

    @property
    def seat(self) -> dict[str, object]:
        number = self.number % AT_A_PLACE
        equipment = [f"pump_{number}", f"monitor_{number}"]
        return {"chair": f"chair_{number}", "nurse": f"nurse_{number}", "equipment": equipment}


Phase = Callable[[Client, Patient, datetime], Awaitable[None]]


def place_document() -> dict[str, object]:
    """Open on Saturdays, too: the clocks change in the night after one."""
    numbers, sample = range(AT_A_PLACE), sample_place()
    hours: dict[str, object] = dict(sample["hours"])  # type: ignore[call-overload]  # by weekday
    return {
        **sample,
        "hours": {**hours, "saturday": hours["friday"]},
        "recovery": [{"name": "lounge", "room": "room_1", "capacity": AT_A_PLACE}],
        "equipment": [
            {"name": f"{kind}_{number}", "kind": kind}
            for kind in ("pump", "monitor")
            for number in numbers
        ],
        "rota": [],
        "rooms": [{"name": "room_1"}],
        "chairs": [{"name": f"chair_{number}", "room": "room_1"} for number in numbers],
        "staff": [
            {"name": f"nurse_{number}", "roles": ["nurse"], "competences": COMPETENCES}
            for number in numbers
        ],
    }


async def arrive_at_the_clinic(client: Client, patient: Patient, now: datetime) -> None:
    received = await client.command("receive_enquiry", _enquiry(patient))
    birth: dict[str, object] = {"birth_date": "1985-03-17"}
    made = await client.command("convert_enquiry", birth, on=received["id"])
    patient.id = made["patient_id"]
    screening = {"answers": await _answers(client), "vitals": VITALS, "instruments": INSTRUMENTS}
    await client.command("screen_patient", screening, on=patient.id)
    for kind in CONSENTS:
        given: dict[str, object] = {"kind": kind, "document_version": 1, "language": "en"}
        await client.command("give_consent", given, on=patient.id)
    booking = {"patient_id": patient.id, **patient.slot}
    patient.consultation = (await client.command("book_consultation", booking))["id"]


async def be_cleared_and_book(client: Client, patient: Patient, now: datetime) -> None:
    """The first session is at a noon soon; another is moved, cancelled and booked again."""
    await client.command("complete_consultation", {}, on=patient.consultation)
    decision: dict[str, object] = {
        "decision": "cleared",
        "rationale": "zwrationale: no contraindication was found.",
        "indication": "treatment_resistant_depression",
        "protocol": PROTOCOL,
    }
    await client.command("decide_clearance", decision, on=patient.id)
    patient.plan = await _plan(client, patient)
    first = noon_in(patient.first_in, now)
    patient.session = await _book(client, patient, first)
    second = await _book(client, patient, first + timedelta(days=3))
    later = {"starts_at": (first + timedelta(days=6)).isoformat(), **patient.seat}
    await client.command("reschedule_session", later, on=second)
    await client.command("cancel_session", {"reason": "patient_ill"}, on=second)
    await _book(client, patient, first + timedelta(days=3))


async def be_dosed(client: Client, patient: Patient, now: datetime) -> None:
    await client.command("receive_patient", {}, on=patient.session)
    await client.command("note_checks", BEFORE, on=patient.session)
    await client.command("order_dose", {"mg_per_kg": 0.5}, on=patient.session)
    await client.command("prepare_dose", {}, on=patient.session)
    await client.command("verify_dose", {}, on=patient.session)
    await client.command("start_dosing", {}, on=patient.session)
    for number in range(3):
        await _read_monitor(client, patient, now, number)


async def be_watched(client: Client, patient: Patient, now: datetime) -> None:
    for number in range(3, 5):
        await _read_monitor(client, patient, now, number)
    await client.command("stop_dosing", {}, on=patient.session)


async def go_home(client: Client, patient: Patient, now: datetime) -> None:
    """The monitor sends what was to be read meanwhile: nothing alarms any more, and whatever has is
    closed. An alarm that is open keeps a patient here."""
    at = f"/v1/sessions/{patient.session}/monitoring"
    for number, due in enumerate((await client.ask(NURSE, "sessions", at))["due"], start=5):
        if due["state"] not in ("done", "upcoming"):
            await _read_monitor(client, patient, datetime.fromisoformat(due["due_at"]), number)
    for alarm in await _open_alarms(client, patient):
        on = f"{patient.session}/alarms/{alarm['id']}"
        await client.command("acknowledge_alarm", {}, on=on)
        await client.command("close_alarm", {"action": "measured_again"}, on=on)
    await client.command("assess_discharge", LEAVING, on=patient.session)
    end: dict[str, object] = {"discharge": "escorted", "adverse_event_grade_max": 1}
    await client.command("complete_session", end, on=patient.session)


async def _open_alarms(client: Client, patient: Patient) -> list[dict[str, Any]]:
    alarms = await client.ask(NURSE, "sessions", f"/v1/sessions/{patient.session}/alarms")
    return [alarm for alarm in alarms["items"] if alarm["status"] != "closed"]


def noon_in(days: timedelta, now: datetime) -> datetime:
    """On the clinic's wall, also where the clocks change before it."""
    noon = now.astimezone(ZONE).replace(hour=12, minute=0, second=0, microsecond=0)
    return noon + days


def _enquiry(patient: Patient) -> dict[str, object]:
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(patient.number))
    return {
        "location_id": patient.place,
        "name": f"Zwsurname{letters}",  # no word of it is another patient's
        "greeting_name": "Zwgreeting",
        "email": f"zwemail{patient.number}@example.org",
        "phone": f"+1-556-01{patient.number:04d}",
        "language": "en",
        "zone": ZONE.key,
        "reason": "zwreason: two medicines have not helped.",
        "consent_to_contact": True,
        "preferred_channel": "email",
        "source": "website",
    }


async def _answers(client: Client) -> dict[str, object]:
    asked = await client.ask(NURSE, "intake", "/v1/questionnaires/intake")
    mine = [question for question in asked["questions"] if question["group"] == "answers"]
    return {
        question["name"]: False if question["kind"] == "yes_no" else question["choices"][0]
        for question in mine
    }


async def _plan(client: Client, patient: Patient) -> str:
    """It follows from the clearance, once sessions has received it. Raises TimeoutError."""
    async with asyncio.timeout(ANSWER_WITHIN):
        while True:
            found = await client.ask(NURSE, "sessions", "/v1/plans", patient_id=patient.id)
            for plan in found["items"]:
                return str(plan["id"])
            await asyncio.sleep(ASK_EVERY)


async def _book(client: Client, patient: Patient, starts_at: datetime) -> str:
    at = {"plan_id": patient.plan, "starts_at": starts_at.isoformat(), **patient.seat}
    return str((await client.command("book_session", at))["id"])


async def _read_monitor(client: Client, patient: Patient, now: datetime, number: int) -> None:
    reading: dict[str, object] = {
        "device": "monitor_1",
        "sequence": number,
        "taken_at": now.isoformat(),
        "systolic": 128,
        "diastolic": 80,
        "heart_rate": 74,
        "spo2": 97,
        "moaas": 5,
    }
    await client.command("take_reading", reading, on=patient.session)
