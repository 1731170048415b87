"""What the bedside's doors refuse: what cannot be, what no book has, other places, repeats."""

from collections.abc import Mapping
from typing import Final

import pytest

from clinic_platform.auth import Caller, Grant
from clinic_sessions.domain.errors import NotForYourRole
from clinic_sessions.schemas import SessionOut
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_bedside import APNOEA, LEFT, NURSE, PLACE, PRESCRIBER, Bedside

CANARY: Final = "zwcanary"
# Each breaks one rule: units mistyped, nobody's vitals, words where a code belongs.
BAD: Final[tuple[tuple[str, Mapping[str, object], str], ...]] = (
    ("checks", {"weight_kg": 820}, "/weight_kg"),
    ("checks", {"weight_kg": "82 kg"}, "/weight_kg"),
    ("checks", {"weight_lb": 180}, ""),
    ("checks", {"systolic": -12}, "/systolic"),
    ("checks", {"systolic": 124.5}, "/systolic"),
    ("checks", {"spo2": 101}, "/spo2"),
    ("checks", {"heart_rate": 700}, "/heart_rate"),
    ("checks", {"hours_since_clear_fluids": -1}, "/hours_since_clear_fluids"),
    ("discharge-assessments", {"moaas": 6}, "/moaas"),
    ("discharge-assessments", {"escort": "Testa Sample"}, "/escort"),
    ("dose-orders", {"mg_per_kg": 50}, "/mg_per_kg"),
    ("dose-orders", {"mg_per_lb": 0.5}, ""),
    ("slow-dosing", {"rate_mg_per_min": 0, "reason": "nausea"}, "/rate_mg_per_min"),
    ("slow-dosing", {"rate_mg_per_min": 0.5, "reason": "He felt sick."}, "/reason"),
    ("adverse-events", {**APNOEA, "grade_clinical": 6}, "/grade_clinical"),
    ("adverse-events", {**APNOEA, "seriousness": ["very"]}, "/seriousness/0"),
    ("waivers", {"gate": "fasting", "reason": "x"}, "/gate"),
    ("note", {"text": "zwcanary \u202e turned around"}, "/text"),
)

SIPS = {"hours_since_clear_fluids": 1.0}


async def test_a_prescriber_of_another_place_is_not_one_here(bedside: Bedside) -> None:
    await bedside.checked(hours_since_clear_fluids=1.0)
    grants = [
        Grant("nurse", frozenset({PLACE})),
        Grant("prescriber", frozenset({"loc_elsewhere"})),
    ]
    by = Caller.by("usr_petra", grants)
    with pytest.raises(NotForYourRole):
        await bedside.service.handlers.waive_gate(
            by, bedside.session, "G-FASTING", "clear_fluid_only"
        )


async def test_what_is_done_at_the_bedside_is_shown_to_those_who_treat_there_alone(
    bedside: Bedside,
) -> None:
    """Who receives patients needs their time and their chair, not why a gate was waived."""
    await bedside.checked(**SIPS)
    waiver = {"gate": "G-FASTING", "reason": "sips_of_water", "seen": SIPS}
    await bedside.do("waivers", waiver, by=PRESCRIBER)
    await bedside.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
    for by, treats in (
        ("front_desk:finn", False),
        ("location_admin:lou", False),
        (NURSE, True),
        ("therapist:tess", True),
    ):
        listed = done(await bedside.service.get("/v1/sessions", by=by))["items"]
        for shown in (await bedside.get(by=by), *listed):
            assert shown["chair"] == "chair_1"
            both = [shown["dose"] is not None, shown["bedside"] is not None]
            assert both == [treats, treats], by


async def test_a_nurse_of_another_place_sees_no_bedside_at_the_desk_of_this_one(
    bedside: Bedside,
) -> None:
    await bedside.checked()
    grants = [
        Grant("front_desk", frozenset({PLACE})),
        Grant("nurse", frozenset({"loc_elsewhere"})),
    ]
    by = Caller.by("usr_finn", grants)
    session = await bedside.service.handlers.reached_session(by, bedside.session)
    shown = SessionOut.of(session, "America/Chicago", now=TOMORROW, by=by)
    assert (shown.dose, shown.bedside) == (None, None)


async def test_a_request_sent_again_is_answered_again_and_done_once(bedside: Bedside) -> None:
    await bedside.dosed()
    first = done(await bedside.post("pause-dosing", {"reason": "distress"}, key="key-once"))
    again = done(await bedside.post("pause-dosing", {"reason": "distress"}, key="key-once"))
    assert first == again
    assert (await bedside.get())["version"] == first["version"]


async def test_what_cannot_be_is_refused_by_field_and_bound_and_not_repeated(
    bedside: Bedside,
) -> None:
    for verb, body, pointer in BAD:
        by = PRESCRIBER if verb == "dose-orders" else NURSE
        problem = refused(await bedside.post(verb, body, by=by), 422, "unreadable_request")
        assert pointer in {error["pointer"] for error in problem["errors"]}, (verb, body)
        for value in ("820", "Testa", CANARY, "He felt"):
            assert value not in str(problem)


async def test_a_bound_that_was_passed_is_named(bedside: Bedside) -> None:
    for body, bound in (
        ({"weight_kg": 820}, "400"),
        ({"systolic": 412}, "400"),
        ({"spo2": 101}, "100"),
    ):
        problem = refused(await bedside.post("checks", body), 422, "unreadable_request")
        assert bound in problem["errors"][0]["message"], problem


async def test_an_order_or_a_term_that_no_book_has_is_refused_with_those_it_has(
    bedside: Bedside,
) -> None:
    await bedside.checked()
    order = refused(await bedside.post("orders", {"order": "aspirin"}), 422, "no_such_order")
    assert "oxygen" in order["allowed"]
    event = {**APNOEA, "term": "bad_mood"}
    term = refused(await bedside.post("adverse-events", event), 422, "no_such_term")
    assert "apnoea" in term["allowed"]


async def test_a_session_of_another_place_is_as_absent_at_every_door(bedside: Bedside) -> None:
    for verb, body in (
        ("waivers", {"gate": "G-RISK", "reason": "x"}),
        ("pause-dosing", {"reason": "x"}),
        ("orders", {"order": "oxygen"}),
        ("adverse-events", APNOEA),
        ("extend-stay", {"reason": "no_escort"}),
        ("leave-against-advice", LEFT),
        ("note", {"text": "x"}),
    ):
        elsewhere = await bedside.post(verb, body, by="nurse:ada@loc_elsewhere")
        refused(elsewhere, 404, "session_not_found")
    refused(await bedside.asked("note", by="nurse:ada@loc_elsewhere"), 404, "session_not_found")
