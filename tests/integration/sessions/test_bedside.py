"""The bedside over HTTP on a real database: gates and their waivers, the dose, what goes in."""

from datetime import timedelta

from clinic_events import RiskRaised
from clinic_events.testing import example
from tests.support.answers import refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_bedside import LEAVES, NURSE, OTHER_NURSE, PRESCRIBER, Bedside


async def an_earlier_dose(bedside: Bedside) -> None:
    """Three days ago: 41 mg, at 82 kg."""
    session = await bedside.service.handlers.sessions.get(bedside.session)
    last = await bedside.service.kit.database.collection("sessions").find_one({"_id": session.id})
    assert last is not None
    earlier = {
        **last,
        "_id": "ses_earlier",
        "status": "completed",
        "route": "iv",
        "dosing_started_at": TOMORROW - timedelta(days=3),
        "order": {
            "number": 1,
            "mg_per_kg": 0.5,
            "weight_kg": 82.0,
            "dose_mg": 41.0,
            "volume_ml": 0.82,
            "rate_mg_per_min": None,
            "above_soft_limit": False,
            "ordered_by": "usr_p",
            "ordered_at": TOMORROW - timedelta(days=3),
        },
    }
    await bedside.service.kit.database.collection("sessions").insert_one(earlier)


async def test_readiness_shows_of_each_gate_whether_it_is_open_and_who_could_open_it(
    bedside: Bedside,
) -> None:
    await bedside.checked(hours_since_clear_fluids=1.0, identity_confirmed=False)
    bedside.pass_minutes(10)
    shown = await bedside.get("readiness")
    assert (shown["rule_set"], shown["outcome"], shown["is_open"]) == (
        "readiness-gates",
        "block",
        False,
    )
    found = {finding["rule"]: finding for finding in shown["findings"]}
    assert {rule: finding["state"] for rule, finding in found.items()} == {
        "G-FASTING": "waivable",
        "G-IDENTITY": "block",
    }
    assert found["G-FASTING"]["waivable_by"] == ["prescriber"]
    assert found["G-FASTING"]["ages_seconds"] == {"hours_since_clear_fluids": 600}
    passed = {gate["rule"]: gate for gate in shown["passed"]}
    assert passed["G-WEIGHT"]["facts"] == {"weight_kg": 82.0}
    assert set(passed) & set(found) == set()


async def test_a_waiver_opens_its_gate_is_shown_and_is_in_the_receipt(bedside: Bedside) -> None:
    await bedside.checked(hours_since_clear_fluids=1.0)
    await bedside.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
    await bedside.do("dose-orders/1/prepare")
    blocked = refused(
        await bedside.post("dose-orders/1/verify", by=OTHER_NURSE), 409, "gates_block"
    )
    assert blocked["conflicts"][0]["waivable_by"] == ["prescriber"]

    seen = {"hours_since_clear_fluids": 1.0}
    waiver = {"gate": "G-FASTING", "reason": "clear_fluid_only", "seen": seen}
    refused(await bedside.post("waivers", waiver), 403, "not_for_your_role")
    shown = await bedside.do("waivers", waiver, by=PRESCRIBER)
    assert shown["bedside"]["waivers"][0]["signed"][0]["by"] == "usr_petra"
    refused(await bedside.post("waivers", waiver, by=PRESCRIBER), 409, "gate_not_shut")

    verified = await bedside.do("dose-orders/1/verify", by=OTHER_NURSE)
    assert verified["status"] == "ready"
    [kept] = await bedside.service.kit.database.collection("receipts").find(
        {"purpose": "readiness"}
    )
    assert [waiver["gate"] for waiver in kept["waivers"]] == ["G-FASTING"]
    assert kept["receipt"]["outcome"] == "block"


async def test_who_signs_for_a_number_names_it_and_signs_for_no_other(bedside: Bedside) -> None:
    await bedside.checked(hours_since_clear_fluids=1.5)
    [finding] = (await bedside.get("readiness"))["findings"]
    waiver = {"gate": "G-FASTING", "reason": "sips_of_water"}
    unread = refused(await bedside.post("waivers", waiver, by=PRESCRIBER), 422, "seen_needed")
    assert unread["conflicts"] == [{"kind": "hours_since_clear_fluids"}]
    read = {**waiver, "seen": finding["facts"]}
    await bedside.do("checks", {"hours_since_clear_fluids": 0.25})  # before it is sent
    other = refused(await bedside.post("waivers", read, by=PRESCRIBER), 409, "seen_is_another")
    assert other["conflicts"] == [{"kind": "hours_since_clear_fluids", "value": 0.25}]
    [finding] = (await bedside.get("readiness"))["findings"]
    await bedside.do("waivers", {**waiver, "seen": finding["facts"]}, by=PRESCRIBER)
    assert (await bedside.get("readiness"))["is_open"]


async def test_a_device_that_reads_another_value_in_between_ends_a_waiver_for_good(
    bedside: Bedside,
) -> None:
    await bedside.watched()
    receipt = await bedside.do("discharge-assessments", {**LEAVES, "systolic": 150})
    waiver = {"gate": "D-BP-BASELINE", "reason": "stable", "seen": receipt["findings"][0]["facts"]}
    await bedside.do("waivers", waiver, by=PRESCRIBER)

    async def state(sequence: int, systolic: int, *, after: float) -> str:
        bedside.pass_minutes(after)
        reading = {"device": "monitor_1", "sequence": sequence, "systolic": systolic}
        taken_at = bedside.clock().isoformat()
        await bedside.do("readings", {**reading, "diastolic": 80, "taken_at": taken_at})
        stays = {name: LEAVES[name] for name in LEAVES if name not in ("systolic", "diastolic")}
        shown = await bedside.do("discharge-assessments", stays)
        [found] = [f for f in shown["findings"] if f["rule"] == "D-BP-BASELINE"]
        return str(found["state"])

    assert await state(1, 150, after=1) == "waived"
    assert await state(2, 152, after=1) == "waivable"
    assert await state(3, 150, after=1) == "waivable"
    assert await state(4, 150, after=70) == "waivable"


async def test_what_nobody_may_waive_is_refused_to_a_prescriber(bedside: Bedside) -> None:
    await bedside.checked(identity_confirmed=False)
    for gate in ("G-IDENTITY", "G-CONSENT"):
        sent = {"gate": gate, "reason": "in_a_hurry"}
        response = await bedside.post("waivers", sent, by=PRESCRIBER)
        assert response.status_code == 409
    raised = example(RiskRaised, patient_id="pat_1", alert_id="alr_1", alert_version=1)
    await bedside.service.kit.database.transaction(
        lambda: bedside.service.handlers.note_risk_raised(raised)
    )
    await bedside.do("waivers", {"gate": "G-RISK", "reason": "assessed"}, by=PRESCRIBER)
    again = example(RiskRaised, patient_id="pat_1", alert_id="alr_2", alert_version=1)
    await bedside.service.kit.database.transaction(
        lambda: bedside.service.handlers.note_risk_raised(again)
    )
    states = {f["rule"]: f["state"] for f in (await bedside.get("readiness"))["findings"]}
    assert states["G-RISK"] == "waivable"


async def test_one_orders_one_prepares_and_another_verifies(bedside: Bedside) -> None:
    await bedside.checked()
    shown = await bedside.do("dose-orders", {"mg_per_kg": 0.5}, by=PRESCRIBER)
    dose = shown["dose"]
    assert (dose["dose_mg"], dose["volume_ml"], dose["rate_mg_per_min"]) == (41.0, 0.82, 1.025)
    early = await bedside.post("dose-orders/1/verify", by=OTHER_NURSE)
    refused(early, 409, "not_prepared")
    await bedside.do("dose-orders/1/prepare", by=NURSE)
    for by in (NURSE, PRESCRIBER):
        same = await bedside.post("dose-orders/1/verify", by=by)
        refused(same, 409, "second_person_needed")
    shown = await bedside.do("dose-orders/1/verify", by=OTHER_NURSE)
    people = [shown["dose"][name] for name in ("ordered_by", "prepared_by", "verified_by")]
    assert people == ["usr_petra", "usr_ada", "usr_ben"]


async def test_the_record_of_dosing_shows_what_went_in(bedside: Bedside) -> None:
    await bedside.dosed()
    bedside.pass_minutes(10)
    await bedside.do("pause-dosing", {"reason": "distress"})
    bedside.pass_minutes(5)
    again = refused(await bedside.post("pause-dosing", {"reason": "distress"}), 409, "not_now")
    assert again["allowed"] == ["resume", "stop"]
    await bedside.do("orders", {"order": "reduce_stimulation"})
    await bedside.do("resume-dosing", {"reason": "calm"})
    bedside.pass_minutes(10)
    await bedside.do("slow-dosing", {"rate_mg_per_min": 0.5, "reason": "nausea"})
    bedside.pass_minutes(10)
    dosing = (await bedside.get())["bedside"]["dosing"]
    assert (dosing["given_mg"], dosing["given_is_reckoned"], dosing["is_paused"]) == (
        25.5,
        True,
        False,
    )
    refused(await bedside.post("stop-dosing"), 409, "stopped_early")
    shown = await bedside.do("stop-dosing", {"reason": "nausea"})
    assert shown["bedside"]["dosing"]["stopped_because"] == "nausea"
    [order] = shown["bedside"]["orders"]
    assert (order["medicine"], order["ordered_by"], order["given_by"]) == (None, None, None)
    assert (order["order"], order["role"], order["by"]) == (
        "reduce_stimulation",
        "nurse",
        "usr_ada",
    )


async def test_an_order_shows_who_ordered_and_who_gave_what_and_how_much_of_it(
    bedside: Bedside,
) -> None:
    await bedside.dosed()
    medicine = {"drug": "ondansetron", "dose": 4, "unit": "mg", "route": "iv"}
    people = {"ordered_by": "usr_petra", "given_by": "usr_ben"}
    shown = await bedside.do("orders", {"order": "ondansetron", "medicine": medicine, **people})
    [order] = shown["bedside"]["orders"]
    assert order["medicine"] == medicine
    assert (order["by"], order["ordered_by"], order["given_by"]) == (
        "usr_ada",
        "usr_petra",
        "usr_ben",
    )
    nothing = {"order": "reduce_stimulation", "medicine": medicine}
    refused(await bedside.post("orders", nothing), 422, "nothing_is_given")
    without_unit = {"order": "ondansetron", "medicine": {**medicine, "unit": None}}
    faults = refused(await bedside.post("orders", without_unit), 422, "unreadable_request")[
        "errors"
    ]
    assert [fault["pointer"] for fault in faults] == ["/medicine/unit"]


async def test_a_weight_far_from_that_of_the_last_dose_is_measured_again_before_a_dose(
    bedside: Bedside,
) -> None:
    """82 kg three days ago, and a digit that was missed: the second is of the patient's record."""
    await bedside.checked(weight_kg=28.0)
    await an_earlier_dose(bedside)
    wanted = {"mg_per_kg": 0.5}
    problem = refused(
        await bedside.post("dose-orders", wanted, by=PRESCRIBER), 409, "weight_implausible"
    )
    assert [one["kind"] for one in problem["conflicts"]] == ["weight", "weight"]
    await bedside.do("checks", {"weight_kg": 82.4})
    assert (await bedside.do("dose-orders", wanted, by=PRESCRIBER))["dose"]["weight_kg"] == 82.4
    await bedside.do("checks", {"weight_kg": 95.0})
    refused(await bedside.post("dose-orders", wanted, by=PRESCRIBER), 409, "weight_implausible")
    await bedside.do("checks", {"weight_kg": 95.0, "weight_measured_again": True})
    assert (await bedside.do("dose-orders", wanted, by=PRESCRIBER))["dose"]["weight_kg"] == 95.0


async def test_pounds_taken_for_kilograms_are_no_first_dose_until_they_are_measured_again(
    bedside: Bedside,
) -> None:
    await bedside.checked(weight_kg=180.0)
    wanted = {"mg_per_kg": 0.5}
    problem = refused(
        await bedside.post("dose-orders", wanted, by=PRESCRIBER), 409, "weight_unusual"
    )
    assert problem["conflicts"] == [{"kind": "weight", "least": 45, "most": 115, "unit": "kg"}]
    await bedside.do("checks", {"weight_kg": 81.6})
    assert (await bedside.do("dose-orders", wanted, by=PRESCRIBER))["dose"]["weight_kg"] == 81.6
    await bedside.do("checks", {"weight_kg": 118.0})
    refused(await bedside.post("dose-orders", wanted, by=PRESCRIBER), 409, "weight_unusual")
    await bedside.do("checks", {"weight_measured_again": True}, by=OTHER_NURSE)
    assert (await bedside.do("dose-orders", wanted, by=PRESCRIBER))["dose"]["weight_kg"] == 118.0


async def test_a_larger_step_from_the_last_dose_needs_a_reason(bedside: Bedside) -> None:
    await bedside.checked()
    await an_earlier_dose(bedside)
    wanted = {"mg_per_kg": 0.9}
    step = refused(await bedside.post("dose-orders", wanted, by=PRESCRIBER), 409, "step_too_large")
    assert step["conflicts"] == [{"kind": "step", "last": 0.5, "limit": 0.25, "unit": "mg/kg"}]
    reasoned = {**wanted, "step_reason": "partial_response"}
    shown = await bedside.do("dose-orders", reasoned, by=PRESCRIBER)
    assert shown["dose"]["step_reason"] == "partial_response"
