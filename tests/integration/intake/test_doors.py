"""Who may do what and where, and that no refusal shows more than it must."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import pytest

from tests.support.intake import CONSENTS, answers
from tests.support.intake.journey import (
    DECISION,
    a_booking,
    an_enquirer,
    cleared,
    enquired,
    registered,
    screened,
)
from tests.support.intake.server import Service

Body: TypeAlias = Mapping[str, object]

CANARY: Final = "zwcanary"
UNSEEN: Final = f"{CANARY} \u202e turned around"  # no text may have such a mark
SCREENINGS: Final = "/v1/patients/{patient}/screenings"
CONSENT: Final = "/v1/patients/{patient}/consents"
WITHDRAWAL: Final = "/v1/patients/{patient}/consents/withdraw"
CLEARANCE: Final = "/v1/patients/{patient}/clearance"
ERASURE: Final = "/v1/patients/{patient}/erase"
HOLD: Final = "/v1/patients/{patient}/legal-hold"
WISH: Final = {"reason": "patient_wish", "requested_by": "patient"}


def also_asked(name: str) -> Body:
    sent = answers()
    return {**sent, "answers": {**sent["answers"], name: True}}


POSTS: Final[Mapping[str, tuple[str, Body]]] = {
    "/v1/enquiries/{enquiry}/convert": ("front_desk", {}),
    SCREENINGS: ("nurse", answers()),
    CONSENT: ("nurse", {"kind": CONSENTS[0], "document_version": 1, "language": "en"}),
    WITHDRAWAL: ("nurse", {"kind": CONSENTS[0]}),
    CLEARANCE: ("prescriber", DECISION),
    "/v1/clearances/{clearance}/co-sign": ("prescriber", {}),
    "/v1/clearances/{clearance}/end": ("prescriber", {}),
    "/v1/consultations/{consultation}/reschedule": (
        "nurse",
        {"clinician": "clinician_ada", "starts_at": "2030-01-10T15:00:00Z"},
    ),
    "/v1/consultations/{consultation}/cancel": ("nurse", {"reason": "ill"}),
    "/v1/consultations/{consultation}/complete": ("nurse", {}),
    HOLD: ("org_admin", {"basis": "complaint"}),
    f"{HOLD}/lift": ("org_admin", {}),
    ERASURE: ("location_admin", WISH),
}
GETS: Final[Mapping[str, str]] = {
    "/v1/patients/{patient}": "front_desk",
    "/v1/patients/{patient}/consents": "therapist",
    "/v1/patients/{patient}/clearances": "auditor",
    "/v1/screenings/{screening}": "auditor",
}
NOBODYS: Final = dict.fromkeys(
    ("enquiry", "patient", "clearance", "consultation", "screening"), "none_1"
)
# Each breaks one rule, and the canary could be somebody's secret.
BAD: Final[tuple[tuple[str, Body, str | None], ...]] = (
    ("/v1/enquiries", an_enquirer(name=UNSEEN), None),
    ("/v1/enquiries", an_enquirer(email=CANARY), None),
    ("/v1/enquiries", an_enquirer(phone=CANARY), None),
    ("/v1/enquiries", an_enquirer(zone=CANARY), None),
    ("/v1/enquiries", an_enquirer(language=CANARY), None),
    ("/v1/enquiries", an_enquirer(reason=UNSEEN), None),
    ("/v1/enquiries", an_enquirer(source=f"{CANARY}!"), None),
    ("/v1/enquiries", an_enquirer(location_id=CANARY), None),
    ("/v1/enquiries", an_enquirer(**{CANARY: CANARY}), None),
    (SCREENINGS, answers(hcg=CANARY), "nurse"),
    (SCREENINGS, answers(pregnant=CANARY), "nurse"),
    (SCREENINGS, also_asked(CANARY), "nurse"),
    (SCREENINGS, also_asked(CANARY.upper()), "nurse"),
    (CONSENT, {"kind": CANARY, "document_version": 1, "language": "en"}, "nurse"),
    (WITHDRAWAL, {"kind": CANARY}, "nurse"),
    (CLEARANCE, {**DECISION, "rationale": UNSEEN}, "prescriber"),
    (CLEARANCE, {**DECISION, "rationale": CANARY}, "prescriber"),
    (CLEARANCE, {**DECISION, "protocol": CANARY}, "prescriber"),
    (CLEARANCE, {**DECISION, "override": {"reason": CANARY}}, "prescriber"),
    ("/v1/consultations", {**a_booking(CANARY)}, "nurse"),
    ("/v1/consultations", {**a_booking("pat_1"), "clinician": f"{CANARY}!"}, "nurse"),
    ("/v1/consultations/cns_1/cancel", {"reason": f"{CANARY} was ill."}, "nurse"),
    (ERASURE, {**WISH, "reason": CANARY}, "location_admin"),
    (ERASURE, {**WISH, "requested_by": CANARY}, "location_admin"),
    (HOLD, {"basis": CANARY}, "location_admin"),
)


async def ids_of_one(intake: Service) -> dict[str, str]:
    """One thing of each kind, at the sample place."""
    patient_id, clearance_id = await cleared(intake)
    [held] = await intake.published("intake.consultation_held.v1")
    return {
        "enquiry": await enquired(intake),
        "patient": patient_id,
        "clearance": clearance_id,
        "consultation": held["consultation_id"],
        "screening": (await screened(intake, patient_id))["id"],
    }


def but_for_the_trace(answer: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in answer.items() if name != "trace_id"}


async def test_things_of_a_foreign_place_look_absent(intake: Service) -> None:
    ids = await ids_of_one(intake)
    for path, (role, body) in POSTS.items():
        foreign = await intake.post(path.format(**ids), body, by=f"{role}@loc_elsewhere")
        absent = await intake.post(path.format(**NOBODYS), body, by=role)
        assert foreign.status_code == absent.status_code == 404, path
        assert but_for_the_trace(foreign.json()) == but_for_the_trace(absent.json())
    for path, role in GETS.items():
        foreign = await intake.get(path.format(**ids), by=f"{role}@loc_elsewhere")
        absent = await intake.get(path.format(**NOBODYS), by=role)
        assert foreign.status_code == absent.status_code == 404, path
        assert but_for_the_trace(foreign.json()) == but_for_the_trace(absent.json())


async def test_a_patient_of_another_place_is_not_booked_nor_changed(intake: Service) -> None:
    patient_id = await registered(intake)
    elsewhere = "nurse@loc_elsewhere"
    booking = await intake.post("/v1/consultations", a_booking(patient_id), by=elsewhere)
    path = f"/v1/patients/{patient_id}"
    change = await intake.patch(path, {"language": "de"}, by=elsewhere, version='"1"')
    for refused in (booking, change):
        assert (refused.status_code, refused.json()["code"]) == (404, "patient_not_found")


async def test_slots_of_a_place_that_is_not_ours_are_as_absent(intake: Service) -> None:
    await intake.deliver_place("loc_elsewhere")
    path = "/v1/consultation-slots"
    foreign = await intake.get(path, by="nurse", location_id="loc_elsewhere")
    absent = await intake.get(path, by="nurse", location_id="loc_none")
    assert foreign.status_code == absent.status_code == 404
    assert but_for_the_trace(foreign.json()) == but_for_the_trace(absent.json())


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("therapist", "/v1/enquiries/{enquiry}/convert"),
        ("front_desk", SCREENINGS),
        ("therapist", CONSENT),
        ("location_admin", WITHDRAWAL),
        ("nurse", CLEARANCE),
        ("nurse", "/v1/clearances/{clearance}/co-sign"),
        ("auditor", "/v1/clearances/{clearance}/end"),
        ("therapist", "/v1/consultations/{consultation}/reschedule"),
        ("front_desk", "/v1/consultations/{consultation}/complete"),
        ("prescriber", ERASURE),
        ("front_desk", ERASURE),
        ("auditor", HOLD),
        ("nurse", f"{HOLD}/lift"),
    ],
)
async def test_a_role_that_may_not_do_it_is_refused(intake: Service, role: str, path: str) -> None:
    where, body = path.format(**NOBODYS), POSTS[path][1]
    assert (await intake.post(where, body, by=role)).status_code == 403
    assert (await intake.post(where, body)).status_code == 401


async def test_no_refusal_repeats_what_was_sent(intake: Service) -> None:
    patient_id = await registered(intake)
    for path, body, by in BAD:
        response = await intake.post(path.format(patient=patient_id), body, by=by)
        assert 400 <= response.status_code < 500, (body, response.text)
        assert CANARY not in response.text.lower(), body


async def test_a_duplicate_is_answered_without_a_word_about_them(intake: Service) -> None:
    known = await registered(intake)
    path = f"/v1/enquiries/{await enquired(intake)}/convert"
    answer = (await intake.post(path, by="front_desk")).text.lower()
    assert known.lower() in answer
    for canary in ("testa", "sample", "555", "example.org", "1985"):
        assert canary not in answer


@pytest.mark.parametrize("answer", [10**400, -(10**400), 1e308, True, "124"])
async def test_an_answer_out_of_bounds_is_refused_whatever_it_is(
    intake: Service, answer: int | float | str
) -> None:
    path = SCREENINGS.format(patient=await registered(intake))
    refused = await intake.post(path, answers(systolic=answer), by="nurse")
    assert (refused.status_code, refused.json()["code"]) == (422, "answers_do_not_fit")
    faults = [(fault["pointer"], fault["rule"]) for fault in refused.json()["errors"]]
    assert faults == [("/vitals/systolic", "number_in_bounds")]
