"""Rule sets by name: the newest for everybody, and the one version that a protocol pins."""

from dataclasses import replace
from typing import Final

import pytest

from clinic_platform.decisions import RuleSet
from clinic_sessions.app import opening_rules, protocols, rule_sets
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.protocols.protocol import BadProtocol
from clinic_sessions.domain.protocols.rehearsal import rehearse
from clinic_sessions.domain.protocols.rule_sets import RuleSets, RuleSetTwice, by_name, rules_of
from clinic_sessions.domain.protocols.shelf import check_rule_sets
from clinic_sessions.schemas.bedside import ReceiptOut
from tests.support.protocols import a_past_session, a_readiness, a_version, in_the_past
from tests.support.sessions import TOMORROW, a_location
from tests.support.watching import DATA, Bedside

OLD: Final = rule_sets()["readiness-gates"]
PINNED: Final = f"readiness-gates@{OLD.version}"
# The next version asks one thing alone, of whoever is dosed from now on.
NEW: Final = RuleSet.parse(
    {
        "rule_set": "readiness-gates",
        "version": OLD.version + 1,
        "ladder": ["block", "pass"],
        "rules": [
            {
                "id": "G-LENSES",
                "when": {"fact": "lenses_are_out", "is": False},
                "then": "block",
                "unknown": "block",
                "message": "Contact lenses are to be out.",
                "source": "clinic default",
            }
        ],
    }
)


def with_the_next() -> RuleSets:
    others = {id(rules): rules for rules in rule_sets().values()}
    return by_name([NEW, *others.values()])


def test_a_name_is_the_newest_by_number_and_each_version_keeps_its_own() -> None:
    versions = {n: replace(OLD, version=n) for n in (9, 10, 2)}
    found = by_name(versions.values())
    assert found["readiness-gates"] == versions[10]
    assert {n: found[f"readiness-gates@{n}"] for n in versions} == versions


def test_two_files_of_one_name_and_version_are_refused() -> None:
    with pytest.raises(RuleSetTwice, match=PINNED):
        by_name([OLD, OLD])


@pytest.mark.parametrize("named", ["readiness-gates@0", "readiness-gates@x", "readiness-gates@"])
def test_what_is_no_version_is_refused_with_the_field(named: str) -> None:
    with pytest.raises(BadProtocol) as refused:
        a_version(gates=named)
    assert str(refused.value) == "gates is not a name in small letters, or such a name@version."


def test_a_version_that_is_not_kept_is_refused_and_one_that_is_kept_is_not() -> None:
    check_rule_sets(a_version(gates=PINNED), with_the_next(), opening_rules().drugs)
    with pytest.raises(BadProtocol) as refused:
        check_rule_sets(a_version(gates="readiness-gates@99"), with_the_next(), ())
    assert str(refused.value) == "gates names a rule set that is not there."


async def gates_of(named: str) -> Gates:
    """As they stand for a patient whose plan has a protocol that names those."""
    bedside, location = Bedside(), a_location()
    handlers = replace(bedside.handlers, data=replace(DATA, rule_sets=with_the_next()))
    await bedside.ports.locations.record(location, location.describe(location.details))
    await bedside.arrives(checked=True)
    known = await handlers.known_of(bedside.session)
    known = known._replace(protocol=replace(known.protocol, gates=named))
    return await handlers.readiness_of(bedside.session, known)


async def test_a_new_version_decides_for_every_plan_but_those_whose_protocol_pins_the_old() -> None:
    newest, pinned = await gates_of("readiness-gates"), await gates_of(PINNED)
    assert [finding.rule for finding in newest.shut] == ["G-LENSES"]
    assert "G-LENSES" not in {finding.rule for finding in pinned.shut}
    assert (newest.receipt.version, pinned.receipt.version) == (NEW.version, OLD.version)


async def test_what_passed_is_told_by_the_version_that_decided() -> None:
    shown = ReceiptOut.of(await gates_of(PINNED), with_the_next())
    assert "G-IDENTITY" in {one.rule for one in shown.passed}


def test_of_a_version_that_is_not_kept_nobody_can_tell_what_passed() -> None:
    receipt = replace(a_readiness(TOMORROW), version=99)
    assert rules_of(receipt, with_the_next()) == ()


@pytest.mark.parametrize(("named", "told"), [(PINNED, {}), ("readiness-gates", {"cannot_tell": 1})])
def test_a_draft_is_rehearsed_by_the_version_it_names(named: str, told: dict[str, int]) -> None:
    """Nobody had noted then what the new version asks."""
    draft = a_version(gates=named, waivers=[])
    past = [in_the_past(a_past_session(1, day=0), a_readiness(TOMORROW))]
    rehearsal = rehearse(draft, past, shelf=protocols(), rule_sets=with_the_next())
    assert {one.kind: one.count for one in rehearsal.changes if one.count} == told
