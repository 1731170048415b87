"""A shut gate is waived by the right people, on the facts they saw, and for a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeAlias

import pytest

from clinic_platform.data import load
from clinic_platform.decisions import Known, RuleSet
from clinic_sessions.domain.bedside.gates import Gates, gates_of, waive
from clinic_sessions.domain.bedside.reckoned import PATENT, reckoned
from clinic_sessions.domain.errors import GateNotShut, GatesBlock, NotForYourRole, NotWaivable
from clinic_sessions.domain.facts import Arrived, Checked
from clinic_sessions.domain.protocols.protocol import Waiver
from clinic_sessions.domain.session import Session
from tests.support.sessions import (
    DISCHARGE,
    GATES,
    NOON,
    RULES,
    a_session,
    good_facts,
    ready_to_leave,
)
from tests.support.sessions_gates import PROTOCOL, arrived, gates, waived, waived_at

NASAL = RuleSet.parse(load("clinic_sessions", "gates-esketamine.yaml"))
Value: TypeAlias = bool | float | str | None


def test_a_waived_gate_lets_pass_and_the_receipt_still_records_that_it_was_shut() -> None:
    shut = arrived(hours_since_clear_fluids=1.0)
    with pytest.raises(GatesBlock) as refused:
        gates(shut).must_be_open()
    assert refused.value.conflicts[0]["waivable_by"] == ["prescriber"]

    session = waived(shut, "G-FASTING")

    gates(session).must_be_open()
    [waiver] = gates(session).waived
    assert (waiver.reason, waiver.signed[0].by, waiver.signed[0].role) == (
        "seen",
        "usr_p",
        "prescriber",
    )
    assert gates(session).receipt.outcome == "block"


def test_a_gate_that_is_open_or_not_there_is_not_waived() -> None:
    for gate in ("G-FASTING", "G-NOBODYS"):
        with pytest.raises(GateNotShut):
            waived(arrived(), gate)


@pytest.mark.parametrize(
    ("gate", "fact"),
    [
        ("G-CONSENT", {"consent_is_current": False}),
        ("G-CLEARANCE", {"clearance_is_valid": False}),
        ("G-IDENTITY", {"identity_confirmed": False}),
        ("G-ESCORT", {"escort_confirmed": False}),
        ("G-PREGNANCY", {"pregnancy_test": "positive"}),
        ("G-KIT", {"resuscitation_kit_checked": False}),
        ("G-LIFE-SUPPORT", {"life_support_on_site": False}),
        ("G-LINE", {"line_is_missing": True}),
        ("G-BP-HIGH", {"systolic": 170}),
    ],
)
def test_what_nobody_may_waive_nobody_waives(
    gate: str, fact: dict[str, bool | float | str]
) -> None:
    with pytest.raises(NotWaivable):
        waived(arrived(**fact), gate)


PASSES: Final[Mapping[str, tuple[str, Value, Value]]] = {
    # gate: the fact, what just passes, what just does not
    "G-FASTING": ("hours_since_clear_fluids", 2.0, 1.9),
    "G-LIGHT-MEAL": ("hours_since_light_meal", 6.0, 5.9),
    "G-FATTY-MEAL": ("hours_since_fatty_meal", 8.0, 7.9),
    "G-SEDATION": ("moaas", 5, 4),
    "G-MEDICINES": ("medicines_reconciled", True, False),
    "G-MEASURE": ("days_since_measure", 7, 8),
    "G-PDMP": ("pdmp_check_is_missing", False, True),
}


@pytest.mark.parametrize("gate", PASSES)
def test_each_gate_opens_at_its_bound_and_is_shut_beyond_it_and_while_nothing_is_known(
    gate: str,
) -> None:
    fact, passes, blocks = PASSES[gate]
    assert gates(arrived(**{fact: passes})).shut == ()
    for shut in (blocks, None):
        assert [finding.rule for finding in gates(arrived(**{fact: shut})).shut] == [gate]


@pytest.mark.parametrize(
    ("gate", "fact", "fresh"),
    [
        ("G-LIGHT-MEAL", "hours_since_light_meal", timedelta(hours=6)),
        ("G-FATTY-MEAL", "hours_since_fatty_meal", timedelta(hours=6)),
        ("G-SEDATION", "moaas", timedelta(hours=1)),
        ("G-DISSOCIATION", "dissociation", timedelta(hours=6)),
        ("G-MEDICINES", "medicines_reconciled", timedelta(hours=12)),
        ("G-MEASURE", "days_since_measure", timedelta(hours=12)),
        ("G-PDMP", "pdmp_check_is_missing", timedelta(hours=12)),
    ],
)
def test_what_was_noted_too_long_ago_is_not_known_any_more(
    gate: str, fact: str, fresh: timedelta
) -> None:
    for age, shut in ((fresh, []), (fresh + timedelta(seconds=1), [gate])):
        old = replace(good_facts(NOON)[fact], known_at=NOON - age)
        receipt = GATES.decide({**good_facts(NOON), fact: old}, as_of=NOON)
        assert [finding.rule for finding in receipt.blocking] == shut


@pytest.mark.parametrize(
    ("gate", "by"),
    [
        *((gate, ("prescriber",)) for gate in ("G-FASTING", "G-LIGHT-MEAL", "G-FATTY-MEAL")),
        *((gate, ("prescriber",)) for gate in ("G-MEDICINES", "G-MEASURE")),
        *((gate, ()) for gate in ("G-SEDATION", "G-DISSOCIATION", "G-PDMP")),
    ],
)
def test_who_may_waive_is_in_the_rule_and_the_same_for_esketamine(
    gate: str, by: tuple[str, ...]
) -> None:
    of_gate = [rule for rules in (GATES, NASAL) for rule in rules.rules if rule.id == gate]
    assert {rule.waivable_by for rule in of_gate} == {by}
    assert len(of_gate) == (1 if "FAST" in gate or "MEAL" in gate else 2)


@pytest.mark.parametrize("value", ["negative", "not_due", "not_applicable"])
def test_a_pregnancy_test_may_be_of_no_concern_and_is_never_left_open(value: str) -> None:
    assert gates(arrived(pregnancy_test=value)).shut == ()
    for shut in ("positive", "unsure", None):
        assert [f.rule for f in gates(arrived(pregnancy_test=shut)).shut] == ["G-PREGNANCY"]


def test_a_prescriber_who_is_not_on_site_gives_their_word() -> None:
    session = arrived(prescriber_on_site=False)
    assert [finding.rule for finding in gates(session).shut] == ["G-ON-SITE"]
    assert gates(waived(session, "G-ON-SITE")).shut == ()


def test_a_line_is_asked_for_where_the_drug_goes_into_a_vein() -> None:
    looked = {
        state: Checked({PATENT: Known(value=state, known_at=NOON, source="usr_a")})
        for state in (True, False)
    }
    here = a_session(Arrived(NOON))
    assert "line_is_missing" not in reckoned(here, PROTOCOL, None, now=NOON)
    for state, checked in looked.items():
        known = reckoned(here.after(checked), PROTOCOL, None, now=NOON)["line_is_missing"]
        assert known.value is not state
    muscle = replace(PROTOCOL, route="im")
    assert reckoned(here, muscle, None, now=NOON)["line_is_missing"].value is False


def test_a_waiver_of_what_was_reckoned_is_one_of_what_it_was_reckoned_from() -> None:
    def far(percent: float) -> Gates:
        name = "systolic_percent_from_baseline"
        known = Known(value=percent, known_at=NOON, source="systolic")
        facts = {**ready_to_leave(NOON), **session.facts, name: known}
        return gates_of(session, PROTOCOL, DISCHARGE.decide(facts, as_of=NOON))

    def measured(systolic: float, by: str = "usr_a") -> Session:
        return session.after(Checked({"systolic": Known(value=systolic, known_at=NOON, source=by)}))

    session = arrived(systolic=155)
    gate = "D-BP-BASELINE"
    session = waived_at(session, far(25.0), gate)
    assert far(25.0).shut == ()
    session = measured(155, by="usr_other")
    assert far(25.0).shut == ()
    assert [finding.rule for finding in far(25.1).shut] == [gate]
    session = measured(93)
    assert [finding.rule for finding in far(25.0).shut] == [gate]
    session = measured(155)
    assert [finding.rule for finding in far(25.0).shut] == [gate]


def test_a_protocol_cannot_open_what_the_rule_set_keeps_shut() -> None:
    bold = replace(PROTOCOL, waivers=(Waiver(gate="G-CONSENT", roles=("prescriber",)),))
    with pytest.raises(NotWaivable):
        waived(arrived(consent_is_current=False), "G-CONSENT", protocol=bold)


def test_another_role_than_the_rules_waives_nothing() -> None:
    session = arrived(hours_since_clear_fluids=1.0)
    with pytest.raises(NotForYourRole) as refused:
        waive(
            session,
            gates(session),
            "G-FASTING",
            "seen",
            by="usr_n",
            roles=("nurse",),
            rules=RULES,
        )
    assert refused.value.allowed == ["prescriber"]
