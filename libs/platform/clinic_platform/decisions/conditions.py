"""Conditions over facts, in three-valued logic: true, false, or not known.

An unknown stays unknown, unless the answer is decided without it: one false part decides an
`all`, one true part an `any`. A value of another kind than the rule compares with is not known
either: a rule never guesses what `"yes"` or `1` might have meant.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, Protocol, TypeAlias

Scalar: TypeAlias = bool | int | float | str
ValueOf: TypeAlias = Callable[[str], Scalar | None]  # a fact's name → its value, None if not known


class BadRuleSet(ValueError):
    """A rule set cannot be read; the message names the rule and the field."""


class Condition(Protocol):
    @property
    def names(self) -> frozenset[str]:
        """Every fact the condition looks at."""
        ...

    def holds(self, value_of: ValueOf) -> bool | None:
        """None when the facts that are known do not decide it."""
        ...


ORDERINGS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A number against a limit."""

    fact: str
    ordering: str
    limit: float

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.fact})

    def holds(self, value_of: ValueOf) -> bool | None:
        value = value_of(self.fact)
        if value is None or isinstance(value, bool | str):
            return None
        return ORDERINGS[self.ordering](value, self.limit)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value among some of its kind."""

    fact: str
    choices: tuple[Scalar, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset({self.fact})

    def holds(self, value_of: ValueOf) -> bool | None:
        value = value_of(self.fact)
        if value is None or _kind(value) is not _kind(self.choices[0]):
            return None
        return value in self.choices


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]

    @property
    def names(self) -> frozenset[str]:
        return _names(self.parts)

    def holds(self, value_of: ValueOf) -> bool | None:
        answers = {part.holds(value_of) for part in self.parts}
        if False in answers:
            return False
        return None if None in answers else True


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]

    @property
    def names(self) -> frozenset[str]:
        return _names(self.parts)

    def holds(self, value_of: ValueOf) -> bool | None:
        answers = {part.holds(value_of) for part in self.parts}
        if True in answers:
            return True
        return None if None in answers else False


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition

    @property
    def names(self) -> frozenset[str]:
        return self.part.names

    def holds(self, value_of: ValueOf) -> bool | None:
        answer = self.part.holds(value_of)
        return None if answer is None else not answer


def parse_condition(document: object, *, where: str) -> Condition:
    """`{fact: systolic, at_least: 180}`, `{all: […]}`, `{any: […]}`, `{not: …}`.

    Several comparisons beside one `fact` must all hold. Raises BadRuleSet, naming `where`.
    """
    if not isinstance(document, Mapping):
        raise BadRuleSet(f"{where} is not a mapping.")
    if "fact" in document:
        return _comparisons(document, where)
    if len(document) != 1:
        raise BadRuleSet(f"{where} needs `fact`, or exactly one of `all`, `any` and `not`.")
    [(word, inner)] = document.items()
    match word:
        case "all":
            return All(_parts(inner, f"{where}.all"))
        case "any":
            return AnyOf(_parts(inner, f"{where}.any"))
        case "not":
            return Not(parse_condition(inner, where=f"{where}.not"))
        case _:
            raise BadRuleSet(f"{where} has the unknown word {word!r}.")


def _parts(document: object, where: str) -> tuple[Condition, ...]:
    if not isinstance(document, Sequence) or isinstance(document, str) or not document:
        raise BadRuleSet(f"{where} is not a list of conditions.")
    return tuple(
        parse_condition(part, where=f"{where}[{place}]") for place, part in enumerate(document)
    )


def _comparisons(document: Mapping[str, object], where: str) -> Condition:
    fact = document["fact"]
    if not isinstance(fact, str) or not fact:
        raise BadRuleSet(f"{where}.fact is not a name.")
    parts = tuple(
        _comparison(fact, word, operand, f"{where}.{word}")
        for word, operand in document.items()
        if word != "fact"
    )
    if not parts:
        raise BadRuleSet(f"{where} compares {fact} with nothing.")
    return parts[0] if len(parts) == 1 else All(parts)


def _comparison(fact: str, word: str, operand: object, where: str) -> Condition:
    match word:
        case "at_least" | "at_most" | "above" | "below":
            return Compared(fact, word, _number(operand, where))
        case "is":
            return OneOf(fact, _choices([operand], where))
        case "is_not":
            return Not(OneOf(fact, _choices([operand], where)))
        case "in":
            return OneOf(fact, _choices(operand, where))
        case _:
            raise BadRuleSet(f"{where} is not a comparison.")


def _number(operand: object, where: str) -> float:
    if isinstance(operand, bool) or not isinstance(operand, int | float) or not isfinite(operand):
        raise BadRuleSet(f"{where} is not a finite number.")
    return operand


def _choices(operands: object, where: str) -> tuple[Scalar, ...]:
    if not isinstance(operands, Sequence) or isinstance(operands, str) or not operands:
        raise BadRuleSet(f"{where} is not a list of values.")
    choices = tuple(o for o in operands if isinstance(o, bool | int | float | str))
    if len(choices) != len(operands) or len({_kind(choice) for choice in choices}) != 1:
        raise BadRuleSet(f"{where} does not hold values of one kind (text, number, true or false).")
    return choices


def _kind(value: Scalar) -> type:
    """Whole and broken numbers are one kind; true and false are no numbers."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _names(parts: Sequence[Condition]) -> frozenset[str]:
    return frozenset(name for part in parts for name in part.names)
