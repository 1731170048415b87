"""Rule sets by the names that protocols have for them: `name` for the newest, or `name@version`."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from clinic_platform.decisions import Receipt, Rule, RuleSet

RuleSets: TypeAlias = Mapping[str, RuleSet]


class RuleSetTwice(ValueError):
    """Two files give one name and version to their rules: it would be unclear which decides."""


def by_name(rule_sets: Iterable[RuleSet]) -> RuleSets:
    """Each under `name@version`, the newest under its name, too. Raises RuleSetTwice."""
    found: dict[str, RuleSet] = {}
    for rules in sorted(rule_sets, key=lambda rules: rules.version):
        pinned = _pinned(rules.name, rules.version)
        if pinned in found:
            raise RuleSetTwice(f"Two files have the rules {pinned}.")
        found[pinned] = found[rules.name] = rules
    return found


def rules_of(receipt: Receipt, rule_sets: RuleSets) -> tuple[Rule, ...]:
    """Those that decided; none when that version is not kept any more."""
    decided = rule_sets.get(_pinned(receipt.rule_set, receipt.version))
    return () if decided is None else decided.rules


def without_version(named: str) -> str:
    """What a receipt calls the rules that a protocol names."""
    return named.partition("@")[0]


def _pinned(name: str, version: int) -> str:
    return f"{name}@{version}"
