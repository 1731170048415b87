"""All protocols there are: each file read, each version once, each gate that it names known."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeAlias

from clinic_platform.decisions import RuleSet
from clinic_sessions.domain.protocols.protocol import BadProtocol, Protocol, Waiver
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.domain.protocols.rule_sets import RuleSets

# By name and version: a plan keeps the version it was started with.
Shelf: TypeAlias = Mapping[tuple[str, int], Protocol]

SUFFIX = ".yaml"
# Asked before each dose of a controlled drug: at a registered place, and from a vial of the ledger.
OF_CONTROLLED: Final = ("G-REGISTRATION", "G-DRAWN")


def shelve(files: Mapping[str, object], rule_sets: RuleSets, controlled: Collection[str]) -> Shelf:
    """`files`: what each holds, by its name; `controlled`: the drugs that a place is registered
    for. Raises BadProtocol, naming file, field and rule."""
    shelf: dict[tuple[str, int], Protocol] = {}
    for name, document in sorted(files.items()):
        try:
            protocol = read_protocol(document)
            check_rule_sets(protocol, rule_sets, controlled)
            _check_place(protocol, name, shelf)
        except BadProtocol as bad:
            raise BadProtocol(bad.field, bad.rule, file=name) from None
        shelf[protocol.name, protocol.version] = protocol
    return shelf


def check_rule_sets(protocol: Protocol, rule_sets: RuleSets, controlled: Collection[str]) -> None:
    """Its gates are there, with those of a controlled drug, and what may be waived is in them.
    Raises BadProtocol."""
    for field in ("gates", "discharge"):
        if getattr(protocol, field) not in rule_sets:
            raise BadProtocol(field, "names a rule set that is not there")
    if protocol.drug in controlled:
        _check_controlled(rule_sets[protocol.gates])
    named = (rule_sets[protocol.gates], rule_sets[protocol.discharge])
    waivable = {rule.id for rules in named for rule in rules.rules if rule.waivable_by}
    for number, waiver in enumerate(protocol.waivers):
        _check_waiver(waiver, f"waivers[{number}].gate", named, waivable)


def newest_of(shelf: Shelf) -> list[Protocol]:
    """Of each name the version that a plan would have that begins now, by name."""
    newest = {name: shelf[name, version] for name, version in sorted(shelf)}
    return list(newest.values())


def versions_of(shelf: Shelf, name: str) -> list[int]:
    return sorted(version for of, version in shelf if of == name)


def _check_controlled(gates: RuleSet) -> None:
    asked = {rule.id for rule in gates.rules if not rule.waivable_by}
    if lacking := [gate for gate in OF_CONTROLLED if gate not in asked]:
        raise BadProtocol("gates", f"lack {' and '.join(lacking)}, or let somebody waive it")


def _check_waiver(waiver: Waiver, field: str, named: Iterable[RuleSet], may: set[str]) -> None:
    if not any(waiver.gate == rule.id for rules in named for rule in rules.rules):
        raise BadProtocol(field, "is in neither rule set")
    if waiver.gate not in may:
        raise BadProtocol(field, "may be waived by nobody")


def _check_place(protocol: Protocol, file: str, shelf: Shelf) -> None:
    """A file has in its name what is in it; of one protocol there is one drug and one way."""
    name, version = protocol.name, protocol.version
    if (name, version) in shelf:
        raise BadProtocol("version", "is there already in another file")
    if file not in (f"{name}@{version}{SUFFIX}", f"{name}{SUFFIX}"):
        raise BadProtocol("protocol", "is not what the file is called, as name@version.yaml")
    others = [shelf[name, other] for other in versions_of(shelf, name)]
    if any((other.drug, other.route) != (protocol.drug, protocol.route) for other in others):
        raise BadProtocol("route", "or drug differs from another version: that is another protocol")
