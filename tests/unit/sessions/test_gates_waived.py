"""How long a waiver holds, and who confirms it; and a dose that comes too soon."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.gates import Gates, confirm_waiver, gates_of, waive
from clinic_sessions.domain.bedside.spacing import spacing_facts
from clinic_sessions.domain.bedside.standing import Risk, Standing, gate_facts
from clinic_sessions.domain.errors import (
    GatesBlock,
    NoSuchWaiver,
    NotForYourRole,
    NotNow,
    SecondSignatureNeeded,
    SeenNeeded,
)
from clinic_sessions.domain.facts import Arrived, Cancelled, Checked
from clinic_sessions.domain.protocols.protocol import Waiver
from tests.support.sessions import GATES, NOON, RULES, a_plan, a_session, good_facts
from tests.support.sessions_gates import PRESCRIBER, PROTOCOL, arrived, gates, read_of, waived
from tests.support.watching import DATA

BY_TWO = replace(PROTOCOL, waivers=(Waiver(gate="G-FASTING", roles=("prescriber",), people=2),))


@pytest.mark.parametrize("hours", [0.5, 1.5, None])
def test_a_waiver_ends_when_the_fact_is_another_or_is_not_known_any_more(
    hours: float | None,
) -> None:
    session = waived(arrived(hours_since_clear_fluids=1.0), "G-FASTING")
    later = session.after(Checked({"hours_since_clear_fluids": Known(value=hours, known_at=NOON)}))
    with pytest.raises(GatesBlock):
        gates(later).must_be_open()


def test_a_waiver_that_has_ended_does_not_come_back_with_the_old_value() -> None:
    session = waived(arrived(hours_since_clear_fluids=1.0), "G-FASTING")
    for hours in (0.5, 1.0):
        noted = {"hours_since_clear_fluids": Known(value=hours, known_at=NOON)}
        session = session.after(Checked(noted))
    with pytest.raises(GatesBlock):
        gates(session).must_be_open()


def test_the_same_value_measured_again_keeps_a_waiver() -> None:
    session = waived(arrived(hours_since_clear_fluids=1.0), "G-FASTING")
    again = Known(value=1.0, known_at=NOON + timedelta(minutes=5), source="usr_other")
    later = session.after(Checked({"hours_since_clear_fluids": again}))
    gates(later).must_be_open()
    assert [waiver.has_lapsed for waiver in later.waivers] == [False]
    assert [waiver.gate for waiver in gates(later).waived] == ["G-FASTING"]


def test_a_waiver_of_one_alert_does_not_hold_for_another() -> None:
    def with_alert(alerts: str) -> Gates:
        known = Known(value=True, known_at=NOON, source=alerts)
        facts = {**good_facts(NOON), "risk_alert_is_open": known}
        return gates_of(session, PROTOCOL, GATES.decide(facts, as_of=NOON))

    session = a_session(Arrived(NOON))
    first = with_alert("alr_1@1")
    fact = waive(session, first, "G-RISK", "seen", by="usr_p", roles=PRESCRIBER, rules=RULES)
    session = session.after(fact)

    assert with_alert("alr_1@1").shut == ()
    assert [f.rule for f in with_alert("alr_1@1,alr_2@1").shut] == ["G-RISK"]
    assert [f.rule for f in with_alert("alr_1@2").shut] == ["G-RISK"]


def test_a_waiver_of_an_alert_does_not_come_back_when_a_later_one_is_closed() -> None:
    def at(minutes: int, *, is_open: bool = True, version: int = 1) -> Risk:
        return Risk(is_open=is_open, version=version, since=NOON + timedelta(minutes=minutes))

    def with_risks(standing: Standing) -> Gates:
        facts = gate_facts(session, standing, PROTOCOL, None, now=NOON + timedelta(minutes=30))
        known = {**good_facts(NOON), "risk_alert_is_open": facts["risk_alert_is_open"]}
        return gates_of(session, PROTOCOL, GATES.decide(known, as_of=NOON))

    session, before = a_session(Arrived(NOON)), Standing(patient_id="pat_1")
    old = before.with_risk("alr_0", at(-60, is_open=False, version=3))
    one = old.with_risk("alr_1", at(0))
    fact = waive(
        session, with_risks(one), "G-RISK", "seen", by="usr_p", roles=PRESCRIBER, rules=RULES
    )
    session = session.after(fact)
    two = one.with_risk("alr_2", at(5))
    again = two.with_risk("alr_2", at(10, is_open=False, version=2))

    assert with_risks(one).shut == ()
    for news in (two, again):
        assert [finding.rule for finding in with_risks(news).shut] == ["G-RISK"]
    assert with_risks(again.with_risk("alr_1", at(20, is_open=False, version=2))).shut == ()


def test_a_waiver_runs_out() -> None:
    session = waived(arrived(suicide_screen_negative=False), "G-SCREEN")
    last = NOON + RULES.waiver_holds - timedelta(seconds=1)
    over = NOON + RULES.waiver_holds
    assert "G-SCREEN" not in {f.rule for f in gates(session, now=last).shut}
    assert "G-SCREEN" in {f.rule for f in gates(session, now=over).shut}


def test_where_the_protocol_requires_two_a_second_different_one_confirms() -> None:
    session = waived(arrived(hours_since_clear_fluids=1.0), "G-FASTING", protocol=BY_TWO)
    half = gates(session, protocol=BY_TWO)
    with pytest.raises(GatesBlock) as blocked:
        half.must_be_open()
    assert blocked.value.conflicts[0]["people"] == 2
    with pytest.raises(SecondSignatureNeeded):
        confirm_waiver(session, half, "G-FASTING", by="usr_p", roles=PRESCRIBER)
    with pytest.raises(NotForYourRole):
        confirm_waiver(session, half, "G-FASTING", by="usr_n", roles=("nurse",))

    with pytest.raises(SeenNeeded):
        confirm_waiver(session, half, "G-FASTING", by="usr_q", roles=PRESCRIBER)
    confirmed = confirm_waiver(
        session,
        half,
        "G-FASTING",
        by="usr_q",
        roles=PRESCRIBER,
        has_read=read_of(half, "G-FASTING"),
    )

    session = session.after(confirmed)
    gates(session, protocol=BY_TWO).must_be_open()
    assert len(session.waivers) == 1


def test_a_second_person_confirms_what_the_first_one_saw() -> None:
    session = waived(arrived(hours_since_clear_fluids=1.0), "G-FASTING", protocol=BY_TWO)
    worse = session.after(Checked({"hours_since_clear_fluids": Known(value=0.0, known_at=NOON)}))
    now = gates(worse, protocol=BY_TWO)
    with pytest.raises(NoSuchWaiver):
        confirm_waiver(worse, now, "G-FASTING", by="usr_q", roles=PRESCRIBER)


def test_a_gate_is_waived_only_while_somebody_is_here() -> None:
    with pytest.raises(NotNow):
        waived(arrived(hours_since_clear_fluids=1.0).after(Cancelled("ill", True)), "G-FASTING")


@pytest.mark.parametrize(("hours", "is_soon"), [(1, True), (45.9, True), (46, False), (72, False)])
def test_a_dose_keeps_the_protocols_distance_from_the_last_one_of_any_plan(
    hours: float, is_soon: bool
) -> None:
    """48 hours, and two less for a visit that begins its dosing sooner than the one before."""
    dosed = replace(a_session(), id="ses_0", plan_id="pln_0", dosing_started_at=NOON)
    now = NOON + timedelta(hours=hours)
    facts = spacing_facts(dosed, PROTOCOL, number=1, tolerance=RULES.spacing_tolerance, now=now)
    assert (facts["dose_is_too_soon"].value, facts["dose_is_too_soon"].source) == (is_soon, "ses_0")
    gates = GATES.decide({**good_facts(now), **facts}, as_of=now)
    assert [finding.rule for finding in gates.blocking] == (["G-SPACING"] if is_soon else [])


def test_a_first_dose_is_never_too_soon() -> None:
    facts = spacing_facts(None, PROTOCOL, number=1, tolerance=RULES.spacing_tolerance, now=NOON)
    assert facts["dose_is_too_soon"].value is False


def test_the_distance_is_that_of_the_infusion_it_would_be_today_and_not_as_booked() -> None:
    """Of esketamine the ninth is weekly; the eighth may follow after two days."""
    plan = replace(a_plan(), given=tuple(f"ses_{n}" for n in range(1, 9)))
    assert (plan.number_of("ses_8"), plan.number_of("ses_9")) == (8, 9)
    protocol = DATA.protocols["intranasal-esketamine-depression", 3]
    dosed, now = replace(a_session(), dosing_started_at=NOON), NOON + timedelta(days=3)

    def is_soon(number: int) -> object:
        tolerance = RULES.spacing_tolerance
        facts = spacing_facts(dosed, protocol, number=number, tolerance=tolerance, now=now)
        return facts["dose_is_too_soon"].value

    assert (is_soon(8), is_soon(9)) == (False, True)
