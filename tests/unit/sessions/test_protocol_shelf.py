"""The shelf: every file of the folder, each version once, and the gates that it names."""

from dataclasses import replace
from typing import Any

import pytest

from clinic_platform.data import UnreadableData, parse
from clinic_platform.decisions import RuleSet
from clinic_sessions.app import opening_rules, protocols, rule_sets
from clinic_sessions.domain.protocols.protocol import BadProtocol, Protocol
from clinic_sessions.domain.protocols.shelf import OF_CONTROLLED, newest_of, shelve, versions_of
from tests.support.protocols import DEPRESSION, FILES, a_document

RULE_SETS = rule_sets()
CONTROLLED = opening_rules().drugs


def refusal(files: dict[str, object]) -> BadProtocol:
    with pytest.raises(BadProtocol) as refused:
        shelve(files, RULE_SETS, CONTROLLED)
    return refused.value


def test_every_file_of_the_folder_is_on_the_shelf() -> None:
    shelf = protocols()
    assert len(shelf) == len(FILES) == 13
    assert {protocol.route for protocol in shelf.values()} == {"iv", "im", "intranasal"}


def test_a_new_version_is_another_file_and_the_newest_is_what_new_plans_get() -> None:
    files = {**FILES, f"{DEPRESSION}@3.yaml": a_document(version=3)}
    shelf = shelve(files, RULE_SETS, CONTROLLED)
    assert versions_of(shelf, DEPRESSION) == [1, 2, 3]
    assert {p.name: p.version for p in newest_of(shelf)}[DEPRESSION] == 3
    assert len(newest_of(shelf)) == 6


def test_of_versions_the_newest_is_the_highest_number_and_not_the_last_by_letters() -> None:
    versions = (2, 9, 10)
    files = {f"{DEPRESSION}@{n}.yaml": a_document(version=n) for n in versions}
    assert [protocol.version for protocol in newest_of(shelve(files, RULE_SETS, CONTROLLED))] == [
        10
    ]


@pytest.mark.parametrize("protocol", newest_of(protocols()), ids=lambda protocol: protocol.name)
def test_no_due_of_a_new_plan_is_answered_before_somebody_has_looked_how_awake_they_are(
    protocol: Protocol,
) -> None:
    assert "moaas" in protocol.monitoring.needs


IN_A_PHASE = {
    # What new plans reserve while the drug is given, and who is there afterwards.
    "iv": ({"pump", "monitor"}, "recovery"),
    "im": ({"monitor"}, "recovery"),
    "intranasal": ({"monitor"}, "chair"),
}


@pytest.mark.parametrize("protocol", newest_of(protocols()), ids=lambda protocol: protocol.name)
def test_new_plans_reserve_people_in_every_phase_equipment_in_dosing_and_a_place_to_recover(
    protocol: Protocol,
) -> None:
    equipment, place = IN_A_PHASE[protocol.route]
    nurses = [[need for need in phase.needs if need.what == "nurse"] for phase in protocol.phases]
    assert [(len(of_phase), of_phase[0].competence is not None) for of_phase in nurses] == [
        (1, True)
    ] * 3
    _, dosing, after = protocol.phases
    assert {need.what for need in dosing.needs if need.kind == "equipment"} == equipment
    assert [need.what for need in after.needs if need.kind == "place"] == [place]
    [watching] = nurses[-1]
    assert watching.is_shared
    assert watching.at_most is not None
    assert not any(need.is_shared for of_phase in nurses[:-1] for need in of_phase)


def test_a_file_that_cannot_be_read_is_named_with_its_field() -> None:
    refused = refusal({"iv-ketamine-depression.yaml": a_document(route="oral")})
    assert str(refused).startswith("iv-ketamine-depression.yaml: route is none of")


@pytest.mark.parametrize(
    ("file", "changes", "field", "rule"),
    [
        (f"{DEPRESSION}@1.yaml", {}, "version", "is there already"),
        ("other.yaml", {"version": 2}, "protocol", "is not what the file is called"),
        (f"{DEPRESSION}@3.yaml", {"version": 2}, "protocol", "is not what the file is called"),
        (f"{DEPRESSION}@2.yaml", {"version": 2, "drug": "esketamine"}, "route", "differs"),
        (f"{DEPRESSION}@2.yaml", {"version": 2, "gates": "no-gates"}, "gates", "not there"),
        (f"{DEPRESSION}@2.yaml", {"version": 2, "discharge": "none"}, "discharge", "not there"),
        (
            f"{DEPRESSION}@2.yaml",
            {"version": 2, "waivers__0__gate": "G-NOTHING"},
            "waivers[0].gate",
            "is in neither",
        ),
        (
            f"{DEPRESSION}@2.yaml",
            {"version": 2, "waivers__0__gate": "G-IDENTITY"},
            "waivers[0].gate",
            "may be waived by nobody",
        ),
    ],
)
def test_a_file_that_does_not_fit_the_others_is_refused(
    file: str, changes: dict[str, Any], field: str, rule: str
) -> None:
    first = {f"{DEPRESSION}.yaml": a_document()}
    # By name `…@1.yaml` comes before `….yaml`: whichever is read second is the one too many.
    refused = refusal({**first, file: a_document(**changes)})
    assert (refused.field, rule in refused.rule) == (field, True)


def test_every_rule_set_of_the_folder_is_known_by_its_name() -> None:
    assert {"readiness-gates", "readiness-gates-esketamine", "discharge-gates-esketamine"} <= set(
        RULE_SETS
    )
    assert all(isinstance(rules, RuleSet) for rules in RULE_SETS.values())


def test_no_protocol_of_a_controlled_drug_lacks_the_gates_of_registration_and_draw() -> None:
    asked = {
        of: {rule.id for rule in RULE_SETS[protocol.gates].rules if not rule.waivable_by}
        for of, protocol in protocols().items()
        if protocol.drug in CONTROLLED
    }
    assert len(asked) == len(FILES)
    assert [of for of, gates in asked.items() if not gates >= set(OF_CONTROLLED)] == []


@pytest.mark.parametrize("gate", OF_CONTROLLED)
@pytest.mark.parametrize("is_waivable", [False, True])
def test_a_protocol_of_a_controlled_drug_without_such_a_gate_is_refused(
    gate: str, is_waivable: bool
) -> None:
    gates = RULE_SETS["readiness-gates"]
    changed = (
        replace(rule, waivable_by=("prescriber",)) for rule in gates.rules if rule.id == gate
    )
    others = tuple(rule for rule in gates.rules if rule.id != gate)
    weak = replace(gates, rules=(*others, *changed) if is_waivable else others)
    with pytest.raises(BadProtocol, match=f"gates lack {gate}") as refused:
        shelve(FILES, {**RULE_SETS, weak.name: weak}, CONTROLLED)
    assert refused.value.field == "gates"
    assert shelve(FILES, {**RULE_SETS, weak.name: weak}, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dose: 1\nspacing: 2\ndose: 3\n", "dose is given twice"),
        ("dose: [1", "in line 1"),
        ("- dose", "is not a mapping"),
        ("at: 2030-13-45", "is no YAML"),
        ("a: &a [*a]", ""),
        ("? {a: 1}\n: 2", "is no YAML"),
    ],
)
def test_a_file_that_is_no_document_is_named(text: str, why: str) -> None:
    if not why:
        assert parse(text, "draft.yaml")
        return
    with pytest.raises(UnreadableData, match=f"draft.yaml .*{why}"):
        parse(text, "draft.yaml")
