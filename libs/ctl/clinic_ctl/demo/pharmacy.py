"""A vial in the demo: each milligram of it is accounted for, by two people."""

from datetime import timedelta
from typing import Any, Final

from clinic_ctl.demo.stage import NURSE, SECOND_NURSE, ZONE, Stage

A_YEAR: Final = timedelta(days=365)
PACKAGE: Final[dict[str, object]] = {
    "drug": "ketamine",
    "product_code": "0000-0000-01",
    "lot": "LOT-SAMPLE-1",
    "strength_mg_per_ml": 50,
    "volume_ml": 10,
    "is_multi_dose": True,
    "supplier": "sample-supplies",
    "reference": "INV-555-0100",
}
# Drawn beyond the dose, for what the syringe and the line hold back; two see it wasted.
OVERFILL_MG: Final = 4


async def receive_vial(stage: Stage) -> None:
    expires_on = ((await stage.now()) + A_YEAR).date().isoformat()
    path = f"/v1/locations/{stage.location_id}/vials"
    vial = await stage.doors.post(NURSE, "sessions", path, {**PACKAGE, "expires_on": expires_on})
    stage.vial_id = vial["id"]
    await stage.note("sessions", "A vial is received", seen=f"{vial['received_mg']:g} mg")


async def count_vial(stage: Stage, shift: str) -> None:
    """Two people, each on their own; the answer to each shows whether it agrees with the ledger."""
    vial = await _look(stage)
    found: dict[str, object] = {"shift": shift, "mg": vial["remaining_mg"]}
    for person in (NURSE, SECOND_NURSE):
        path = f"/v1/vials/{stage.vial_id}/counts"
        vial = await stage.doors.post(person, "sessions", path, found)
    agree = {count["by"] for count in vial["counts"] if count["agrees"]}
    account = f"{found['mg']:g} mg, {len(agree)} people agree with the ledger"
    await stage.note("sessions", f"Counted at the {shift} of the shift", seen=account)


async def draw(stage: Stage, session_id: str, dose_mg: float) -> None:
    """Out of the store, before another person, and into a syringe for this session."""
    asked = (await _do(stage, "check-out"))["check_out"]
    path = f"/v1/vials/{stage.vial_id}/check-out/{asked['id']}/witness"
    await stage.doors.post(SECOND_NURSE, "sessions", path)
    mg = dose_mg + OVERFILL_MG
    await _do(stage, "draws", {"session_id": session_id, "mg": mg})
    await stage.note("sessions", "Drawn from the vial", seen=f"{mg:g} mg")


async def give(stage: Stage, session_id: str, dose_mg: float) -> None:
    """What was given is posted; of the rest in the syringe another person sees the waste."""
    await _do(stage, "give", {"session_id": session_id, "mg": dose_mg})
    rest: dict[str, object] = {
        "session_id": session_id,
        "mg": OVERFILL_MG,
        "method": "drug_disposal_pouch",
    }
    waste = (await _do(stage, "waste", rest))["waste"]
    path = f"/v1/vials/{stage.vial_id}/waste/{waste['id']}/witness"
    vial = await stage.doors.post(SECOND_NURSE, "sessions", path)
    entry = vial["entries"][-1]
    account = f"{entry['mg']:g} mg {entry['kind']}, by {entry['by']} and {entry['witness']}"
    await stage.note("sessions", "The rest, before a witness", seen=account)
    await _do(stage, "return", {"to": "store"})


async def close_day(stage: Stage) -> None:
    """Refused unless every vial and every dose of the day is accounted for."""
    today = (await stage.now()).astimezone(ZONE).date()
    path = f"/v1/locations/{stage.location_id}/day-closings"
    closed = await stage.doors.post(NURSE, "sessions", path, {"day": today.isoformat()})
    account = f"{closed['day']}: {_sum(await _look(stage))}"
    await stage.note("sessions", "The day of the vials is closed", seen=account)


def _sum(vial: dict[str, Any]) -> str:
    """Where all of it went."""
    given, wasted = _balance(vial, "patient"), _balance(vial, "wasted")
    parts = f"{given:g} given + {wasted:g} wasted + {vial['remaining_mg']:g} left"
    return f"{vial['received_mg']:g} mg received = {parts}"


def _balance(vial: dict[str, Any], kind: str) -> float:
    amounts: list[float] = [one["mg"] for one in vial["balances"] if one["kind"] == kind]
    return sum(amounts)


async def _look(stage: Stage) -> dict[str, Any]:
    vial: dict[str, Any] = await stage.doors.get(NURSE, "sessions", f"/v1/vials/{stage.vial_id}")
    return vial


async def _do(stage: Stage, verb: str, body: dict[str, object] | None = None) -> dict[str, Any]:
    path = f"/v1/vials/{stage.vial_id}/{verb}"
    vial: dict[str, Any] = await stage.doors.post(NURSE, "sessions", path, body)
    return vial
