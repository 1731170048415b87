"""After a visit that was broken off or voided although the drug had gone in: when is the next?"""

from datetime import timedelta

from clinic_events.ports import Document
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.session import Session
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW, a_visit
from tests.support.sessions_bedside import NURSE, PRESCRIBER, Bedside

DAY = timedelta(days=1)


async def broken_off(bedside: Bedside) -> Document:
    """A few minutes of the first dose went in; the patient's plan."""
    await bedside.dosed()
    bedside.pass_minutes(10)
    session = await bedside.do("abort", {"reason": "transferred_to_hospital"})
    plans = await bedside.service.get(f"/v1/plans?patient_id={session['patient_id']}", by=NURSE)
    [plan] = done(plans)["items"]
    return dict(plan)


async def test_the_next_visit_is_as_far_from_it_as_from_an_infusion(bedside: Bedside) -> None:
    plan = await broken_off(bedside)
    soon = {"plan_id": plan["id"], "starts_at": (TOMORROW + DAY).isoformat()}
    problem = refused(await bedside.service.post("/v1/sessions", soon), 409, "not_bookable")
    assert [conflict["kind"] for conflict in problem["conflicts"]] == ["spacing"]
    nearest = [shown["starts_at"] for shown in problem["alternatives"]]
    assert min(nearest) >= (TOMORROW + 2 * DAY).isoformat()
    later = {**soon, "starts_at": (TOMORROW + 2 * DAY).isoformat()}
    booked = done(await bedside.service.post("/v1/sessions", later))
    assert booked["infusion_number"] == 1


async def test_a_dose_whose_record_was_voided_still_keeps_the_next_one_away(
    bedside: Bedside,
) -> None:
    session = await bedside.home()
    await bedside.do("void", {"reason": "booking_error"}, by=PRESCRIBER)
    plan = session["plan_id"]
    soon = {"plan_id": plan, "starts_at": (TOMORROW + DAY).isoformat()}
    problem = refused(await bedside.service.post("/v1/sessions", soon), 409, "not_bookable")
    assert [conflict["kind"] for conflict in problem["conflicts"]] == ["spacing"]
    later = {**soon, "starts_at": (TOMORROW + 2 * DAY).isoformat()}
    next_one = Bedside(
        bedside.service, done(await bedside.service.post("/v1/sessions", later))["id"]
    )
    bedside.clock.now = TOMORROW + DAY
    shut = {finding["rule"] for finding in (await next_one.get("readiness"))["findings"]}
    assert "G-SPACING" in shut


async def test_a_record_of_somebody_else_keeps_nobody_away(bedside: Bedside) -> None:
    session = await bedside.home()
    await bedside.do("void", {"reason": "wrong_patient"}, by=PRESCRIBER)
    soon = {"plan_id": session["plan_id"], "starts_at": (TOMORROW + DAY).isoformat()}
    done(await bedside.service.post("/v1/sessions", soon))


async def test_a_series_keeps_its_distance_and_has_every_infusion_still(bedside: Bedside) -> None:
    plan = await broken_off(bedside)
    series = await bedside.service.post(f"/v1/plans/{plan['id']}/series", {})
    sessions = done(series)["sessions"]
    assert len(sessions) == 6
    assert sessions[0]["starts_at"] >= (TOMORROW + 2 * DAY).isoformat()[:19]


async def test_a_repair_moves_what_was_booked_too_near_to_it(bedside: Bedside) -> None:
    plan = await broken_off(bedside)
    near = Session(
        id="ses_near",
        patient_id=plan["patient_id"],
        location_id="loc_sample",
        plan_id=plan["id"],
        infusion_number=1,
    )
    visit = a_visit(TOMORROW + DAY, patient_id=near.patient_id)
    await bedside.service.handlers.sessions.record(near, Booked(visit))
    shown = done(await bedside.service.post(f"/v1/plans/{plan['id']}/repairs", {}))
    [fate] = shown["visits"]
    assert (fate["fate"], fate["why"]) == (
        "moves",
        "It is moved for the spacing of the series.",
    )
    assert fate["after"]["starts_at"] >= (TOMORROW + 2 * DAY).isoformat()[:19]
