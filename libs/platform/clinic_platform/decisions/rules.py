"""Rule sets: read from data files, applied to facts, answered with a receipt."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self, cast

from clinic_platform.decisions.conditions import BadRuleSet, Condition, Scalar, parse_condition
from clinic_platform.decisions.receipts import Facts, Finding, Known, Receipt, Used, Why

NOT_KNOWN: Final = Known(value=None)
RULE_FIELDS: Final = frozenset(
    {"id", "when", "then", "unknown", "message", "source", "waivable_by", "fresh_for"}
)
DURATION: Final = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")
CLOCKS_DIFFER: Final = timedelta(minutes=5)  # a fact dated later than that is not believed
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`then` is the outcome when it holds, `unknown` when the facts do not decide it.

    With `fresh_for`, a fact that is older, or of unknown age, counts as not known.
    """

    id: str
    when: Condition
    then: str
    unknown: str
    message: str
    source: str
    waivable_by: tuple[str, ...] = ()
    fresh_for: timedelta | None = None

    def outcome(self, facts: Facts, *, as_of: datetime) -> tuple[str, Why] | None:
        """The outcome and why; None when the rule does not apply."""

        def value_of(name: str) -> Scalar | None:
            known = facts.get(name, NOT_KNOWN)
            return known.value if self._is_fresh(known, as_of) else None

        match self.when.holds(value_of):
            case True:
                return self.then, "hit"
            case None:
                return self.unknown, "unknown"
            case _:
                return None

    def finding(self, outcome: str, why: Why, facts: Facts, *, as_of: datetime) -> Finding:
        return Finding(
            rule=self.id,
            outcome=outcome,
            message=self.message,
            source=self.source,
            waivable_by=self.waivable_by,
            used=tuple(
                _used(name, facts.get(name, NOT_KNOWN), as_of) for name in sorted(self.when.names)
            ),
            why=why,
        )

    def _is_fresh(self, known: Known, as_of: datetime) -> bool:
        if self.fresh_for is None:
            return True
        if known.known_at is None:
            return False
        return -CLOCKS_DIFFER <= as_of - known.known_at <= self.fresh_for


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """`ladder` holds the outcomes, the worst first; the last means that nothing was found."""

    name: str
    version: int
    ladder: tuple[str, ...]
    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. Raises BadRuleSet, naming the rule and the field."""
        name = _text(document, "rule_set", "The rule set")
        version = document.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise BadRuleSet(f"{name}.version is not a number from 1.")
        ladder = _texts(document, "ladder", name)
        if len(ladder) < 2 or len(set(ladder)) != len(ladder):
            raise BadRuleSet(f"{name}.ladder needs two different rungs or more.")
        rules = document.get("rules")
        if not isinstance(rules, Sequence) or isinstance(rules, str):
            raise BadRuleSet(f"{name}.rules is not a list.")
        parsed = tuple(_rule(rule, ladder, f"{name}.rules[{n}]") for n, rule in enumerate(rules))
        if len({rule.id for rule in parsed}) != len(parsed):
            raise BadRuleSet(f"{name}.rules has two rules of one id.")
        return cls(name=name, version=version, ladder=ladder, rules=parsed)

    @property
    def fact_names(self) -> frozenset[str]:
        """Every fact some rule looks at."""
        return frozenset(name for rule in self.rules for name in rule.when.names)

    def decide(self, facts: Facts, *, as_of: datetime) -> Receipt:
        """The worst outcome of all rules, and every finding on the way to it."""
        findings = tuple(self._findings(facts, as_of))
        outcomes = [finding.outcome for finding in findings]
        return Receipt(
            rule_set=self.name,
            version=self.version,
            ladder=self.ladder,
            as_of=as_of,
            outcome=min(outcomes, key=self.ladder.index, default=self.ladder[-1]),
            findings=findings,
            facts={name: facts.get(name, NOT_KNOWN) for name in sorted(self.fact_names)},
        )

    def _findings(self, facts: Facts, as_of: datetime) -> list[Finding]:
        applied = [(rule, rule.outcome(facts, as_of=as_of)) for rule in self.rules]
        return [
            rule.finding(*result, facts, as_of=as_of)
            for rule, result in applied
            if result is not None and result[0] != self.ladder[-1]
        ]


def _used(name: str, known: Known, as_of: datetime) -> Used:
    return Used(
        name=name,
        value=known.value,
        known_at=known.known_at,
        age_seconds=known.age_seconds(as_of),
    )


def _rule(document: object, ladder: tuple[str, ...], where: str) -> Rule:
    if not isinstance(document, Mapping):
        raise BadRuleSet(f"{where} is not a mapping.")
    fields = cast(Mapping[str, object], document)
    where = _text(fields, "id", where)
    if strange := sorted(set(fields) - RULE_FIELDS):
        raise BadRuleSet(f"{where}.{strange[0]} is not a field of a rule.")
    return Rule(
        id=where,
        when=parse_condition(fields.get("when"), where=f"{where}.when"),
        then=_rung(fields, "then", ladder, where),
        unknown=_rung(fields, "unknown", ladder, where),
        message=_text(fields, "message", where),
        source=_text(fields, "source", where),
        waivable_by=_texts(fields, "waivable_by", where) if "waivable_by" in fields else (),
        fresh_for=_duration(fields.get("fresh_for"), f"{where}.fresh_for"),
    )


def _rung(fields: Mapping[str, object], name: str, ladder: tuple[str, ...], where: str) -> str:
    rung = _text(fields, name, where)
    if rung not in ladder:
        raise BadRuleSet(f"{where}.{name} is not on the ladder.")
    return rung


def _text(fields: Mapping[str, object], name: str, where: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not text.strip():
        raise BadRuleSet(f"{where}.{name} is missing or not text.")
    return text


def _texts(fields: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
    texts = fields.get(name)
    if not isinstance(texts, Sequence) or isinstance(texts, str):
        raise BadRuleSet(f"{where}.{name} is not a list.")
    if not all(isinstance(text, str) and text for text in texts):
        raise BadRuleSet(f"{where}.{name} does not hold text only.")
    return tuple(texts)


def _duration(text: object, where: str) -> timedelta | None:
    if text is None:
        return None
    match = DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadRuleSet(f"{where} is not a duration like 90s, 30m, 72h or 14d.")
    return timedelta(**{UNITS[match["unit"]]: int(match["number"])})
