"""What is promised about controlled drugs: nightly reconciling, days to close, loss reports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from clinic_sessions.domain.places.location import Location
from clinic_sessions.handlers import Handlers
from tests.support.sessions import NOON, a_location
from tests.support.sessions_bedside import Bedside
from tests.support.sessions_pharmacy import ESKETAMINE, Pharmacy

NIGHT = datetime(2030, 1, 8, 10, tzinfo=UTC)  # 04:00 in Chicago
ADMIN = "location_admin:adm"


async def nights(pharmacy: Pharmacy) -> list[tuple[str, str]]:
    rows = await pharmacy.kit.database.collection("promises").find(
        {"kind": "reconcile_drugs"}, sort=[("due_at", 1)]
    )
    return [(row["due_at"].date().isoformat(), row["state"]) for row in rows]


async def moved_to(pharmacy: Pharmacy, zone: str) -> Location:
    location = await pharmacy.handlers.locations.get("loc_sample")
    details = replace(location.details, zone=zone)
    return await pharmacy.handlers.locations.record(location, location.describe(details))


async def test_a_place_is_reconciled_every_night_from_its_first_vial_on(
    pharmacy: Pharmacy,
) -> None:
    for _ in range(2):
        await pharmacy.received()
    assert await nights(pharmacy) == [("2030-01-08", "pending")]
    pharmacy.clock.now = NIGHT
    assert await pharmacy.keep_promises() == 1
    assert await nights(pharmacy) == [("2030-01-08", "kept"), ("2030-01-09", "pending")]
    assert await pharmacy.calls() == []


async def test_nights_that_were_missed_are_not_made_up_for_and_the_next_one_comes(
    pharmacy: Pharmacy,
) -> None:
    await pharmacy.received()
    pharmacy.clock.now = NIGHT + timedelta(days=20)
    await pharmacy.keep_promises()
    assert await nights(pharmacy) == [("2030-01-08", "lapsed"), ("2030-01-29", "pending")]


async def test_a_place_that_moves_to_a_zone_further_west_is_reconciled_the_night_after_too(
    pharmacy: Pharmacy,
) -> None:
    """At four in New York it is three in Chicago: four is still to come on the same date."""
    new_york = await moved_to(pharmacy, "America/New_York")
    await pharmacy.handlers.plan_reconciling(new_york, why="sample")
    await moved_to(pharmacy, "America/Chicago")
    for hour in (9, 10):
        pharmacy.clock.now = datetime(2030, 1, 8, hour, tzinfo=UTC)
        await pharmacy.keep_promises()
    kept = [("2030-01-08", "kept")] * 2
    assert await nights(pharmacy) == [*kept, ("2030-01-09", "pending")]


async def test_a_dose_that_the_ledger_does_not_know_becomes_one_incident_and_one_call(
    pharmacy: Pharmacy,
) -> None:
    await pharmacy.received()
    await pharmacy.ended(await pharmacy.dosed())
    for day in range(2):
        pharmacy.clock.now = NIGHT + timedelta(days=day)
        await pharmacy.keep_promises()
    [incident] = (await pharmacy.get("/locations/loc_sample/incidents")).json()["items"]
    assert (incident["kind"], incident["session_id"]) == ("no_draw", "ses_1")
    assert (incident["expected_mg"], incident["found_mg"]) == (41, 0)
    calls = [call["reason"] for call in await pharmacy.calls()]
    assert calls.count("drug_discrepancy") == 1


async def test_a_drug_of_which_the_place_never_had_a_vial_is_compared_as_well(
    pharmacy: Pharmacy,
) -> None:
    await pharmacy.received()  # ketamine only
    await pharmacy.ended(await pharmacy.dosed(protocol=ESKETAMINE))
    pharmacy.clock.now = NIGHT
    await pharmacy.keep_promises()
    found = [(one["kind"], one["session_id"]) for one in await pharmacy.incidents()]
    assert found == [("no_draw", "ses_1")]


async def test_a_place_without_any_vial_is_reconciled_from_its_first_dose_on(
    bedside: Bedside,
) -> None:
    pharmacy = Pharmacy(bedside.service)
    await bedside.checked()
    assert await nights(pharmacy) == []
    await bedside.treated()
    [(night, state)] = await nights(pharmacy)
    assert state == "pending"
    pharmacy.clock.now = datetime.fromisoformat(f"{night}T10:00+00:00")
    await pharmacy.keep_promises()
    [incident] = await pharmacy.incidents()
    assert (incident["kind"], incident["session_id"]) == ("no_draw", bedside.session)
    calls = [call["reason"] for call in await pharmacy.calls()]
    assert calls.count("drug_discrepancy") == 1
    assert [state for _, state in await nights(pharmacy)] == ["kept", "pending"]


async def test_what_was_drawn_given_and_noted_is_no_difference(pharmacy: Pharmacy) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    dose = {"session_id": session.id, "mg": 41}
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", dose)
    await pharmacy.done(f"/vials/{vial}/give", dose)
    await pharmacy.ended(session)
    pharmacy.clock.now = NIGHT
    await pharmacy.keep_promises()
    assert (await pharmacy.get("/locations/loc_sample/incidents")).json()["items"] == []


async def test_what_was_given_in_a_session_that_is_void_is_found(pharmacy: Pharmacy) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    dose = {"session_id": session.id, "mg": 41}
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", dose)
    await pharmacy.done(f"/vials/{vial}/give", dose)
    await pharmacy.ended(session)
    await pharmacy.done(f"/sessions/{session.id}/void", {"reason": "wrong_patient"}, by=ADMIN)
    pharmacy.clock.now = NIGHT
    await pharmacy.keep_promises()
    [incident] = (await pharmacy.get("/locations/loc_sample/incidents")).json()["items"]
    assert (incident["kind"], incident["vial_id"]) == ("given_without_session", vial)


async def test_a_dose_whose_record_was_voided_is_still_in_the_books(pharmacy: Pharmacy) -> None:
    """Noted as given before the void or after it: it agrees with the session."""
    vials = [await pharmacy.received() for _ in range(2)]
    for number, vial in enumerate(vials, 1):
        session = await pharmacy.dosed(number=number)
        await pharmacy.drawn(vial, session, given=number == 1)
        await pharmacy.ended(session)
        await pharmacy.done(f"/sessions/{session.id}/void", {"reason": "booking_error"}, by=ADMIN)
    late = {"session_id": "ses_2", "mg": 41}
    await pharmacy.done(f"/vials/{vials[1]}/give", late)
    pharmacy.clock.now = NIGHT
    await pharmacy.keep_promises()
    assert await pharmacy.incidents() == []


async def test_nothing_is_given_in_a_session_whose_patient_had_no_dose(pharmacy: Pharmacy) -> None:
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    await pharmacy.drawn(vial, session)
    await pharmacy.ended(session)
    await pharmacy.done(f"/sessions/{session.id}/void", {"reason": "not_given"}, by=ADMIN)
    answer = await pharmacy.post(f"/vials/{vial}/give", {"session_id": session.id, "mg": 41})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_now")


async def test_a_day_that_nobody_closes_is_called_for_daily_until_somebody_does(
    pharmacy: Pharmacy,
) -> None:
    """From noon of the next day on, by the place's clock; a day on which nothing moved is not."""
    vial = await pharmacy.received()
    next_noon = datetime(2030, 1, 8, 18, tzinfo=UTC)
    called = []
    for hours in (-1, 0, 23, 24):
        pharmacy.clock.now = next_noon + timedelta(hours=hours)
        await pharmacy.keep_promises()
        called.append(len(await pharmacy.calls(of_days=True)))
    assert called == [0, 1, 1, 2]
    calls = await pharmacy.calls(of_days=True)
    assert {(call["about_id"], call["patient_id"]) for call in calls} == {("2030-01-07", None)}
    await pharmacy.counted(vial, 500)
    await pharmacy.done("/locations/loc_sample/day-closings", {"day": "2030-01-07"})
    pharmacy.clock.now = next_noon + timedelta(days=5)
    await pharmacy.keep_promises()
    assert len(await pharmacy.calls(of_days=True)) == 2


async def test_a_day_before_the_calendar_of_the_clinic_is_refused_with_its_field(
    pharmacy: Pharmacy,
) -> None:
    """Further east its midnight would be in no year at all."""
    await moved_to(pharmacy, "Europe/Berlin")
    for day in ("0001-01-01", "1899-12-31", "9999-12-31"):
        answer = await pharmacy.post("/locations/loc_sample/day-closings", {"day": day})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/day")


async def blocked(pharmacy: Pharmacy) -> str:
    vial = await pharmacy.received()
    counted = await pharmacy.done(f"/vials/{vial}/counts", {"shift": "end", "mg": 100})
    return f"/locations/loc_sample/incidents/{counted['blocked_by']}"


async def test_an_incident_nobody_closes_is_called_for_each_day_from_the_first_deadline_on(
    pharmacy: Pharmacy,
) -> None:
    await blocked(pharmacy)
    for hours in (23, 24, 47, 48):
        pharmacy.clock.now = NOON + timedelta(hours=hours)
        await pharmacy.keep_promises()
    reasons = [call["reason"] for call in await pharmacy.calls()]
    assert reasons == ["drug_discrepancy", *["drug_incident_open"] * 2]


async def test_a_loss_is_called_for_until_it_is_reported(pharmacy: Pharmacy) -> None:
    incident = await blocked(pharmacy)
    end = {"resolution": "theft_or_significant_loss", "reason": "seal_broken"}
    assert (await pharmacy.done(f"{incident}/close", end, by=ADMIN))["is_loss"]
    pharmacy.clock.now = NOON + timedelta(hours=24)
    await pharmacy.keep_promises()
    report = {"report": "dea_notification", "reference": "LETTER-1"}
    await pharmacy.done(f"{incident}/reports", report, by=ADMIN)
    for days in (2, 3, 46):
        pharmacy.clock.now = NOON + timedelta(days=days)
        await pharmacy.keep_promises()
    reasons = [call["reason"] for call in await pharmacy.calls()]
    assert reasons == ["drug_discrepancy", *["loss_report_overdue"] * 2]  # the letter, form 106
    again = await pharmacy.post(f"{incident}/reports", report, by=ADMIN)
    assert (again.status_code, again.json()["allowed"]) == (409, ["form_106"])


async def test_what_is_no_loss_is_not_called_for(pharmacy: Pharmacy) -> None:
    incident = await blocked(pharmacy)
    end = {"resolution": "miscounted", "reason": "vial_overlooked"}
    await pharmacy.done(f"{incident}/close", end, by=ADMIN)
    pharmacy.clock.now = NOON + timedelta(days=60)
    await pharmacy.keep_promises()
    assert [call["reason"] for call in await pharmacy.calls()] == ["drug_discrepancy"]


async def test_at_a_place_whose_registration_has_expired_no_gate_lets_a_dose_through(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    location = await pharmacy.handlers.locations.get("loc_sample")
    open_there = await pharmacy.handlers.drug_facts(session, location, "ketamine")
    bare = replace(a_location().details, registration=None)
    await pharmacy.handlers.locations.record(location, location.describe(bare))
    shut = (await pharmacy.get(f"/sessions/{session.id}/readiness")).json()
    assert open_there["registration_is_valid"].value is True
    [finding] = [f for f in shut["findings"] if f["rule"] == "G-REGISTRATION"]
    assert (finding["why"], finding["waivable_by"]) == ("hit", [])


async def test_where_the_rules_want_it_a_dose_is_verified_only_once_it_was_drawn(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    strict = replace(pharmacy.handlers.drugs.rules, draw_before_dose=True)
    handlers = replace(pharmacy.handlers, drugs=replace(pharmacy.handlers.drugs, rules=strict))

    async def is_missing(to: Handlers = handlers) -> object:
        location = await to.locations.get(session.location_id)
        return (await to.drug_facts(session, location, "ketamine"))["draw_is_missing"].value

    assert await is_missing() is False  # there is no ledger yet
    vial = await pharmacy.received()
    assert await is_missing() is True
    assert await is_missing(pharmacy.handlers) is False
    await pharmacy.taken(vial)
    await pharmacy.done(f"/vials/{vial}/draws", {"session_id": session.id, "mg": 41})
    assert await is_missing() is False
