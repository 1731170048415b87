"""Contenders take turns; what counts is the ratio of their medians within one run."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol, TypeAlias

from clinic_ctl.stack.stack import Stack


@dataclass(frozen=True, slots=True)
class Ground:
    """The real broker and database everybody is measured on."""

    stack: Stack

    @property
    def kafka(self) -> str:
        return self.stack.part("kafka").addresses["bootstrap_servers"]

    @property
    def mongo(self) -> str:
        return self.stack.part("mongo").addresses["url"]


Contender: TypeAlias = Callable[[Ground], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """`of` divided by `by` is to be at least (or at most) so much. Without `by`, `of` itself is."""

    of: str
    by: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def is_met(self, ratio: float) -> bool:
        too_low = self.at_least is not None and ratio < self.at_least
        too_high = self.at_most is not None and ratio > self.at_most
        return not (too_low or too_high)

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


class Question(Protocol):
    """A module of `questions`: its docstring asks, `UNIT` names what is counted.

    `UNITS`, where there is one, has the contenders that are counted otherwise. `ROUNDS`, where
    there is one, is as often as it is asked.
    """

    __doc__: str | None
    UNIT: str
    CONTENDERS: Mapping[str, Contender]
    BARS: Sequence[Bar]


@dataclass(slots=True)
class Answer:
    """The figure of each contender in each round."""

    name: str
    unit: str
    units: Mapping[str, str] = field(default_factory=dict)
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def unit_of(self, contender: str) -> str:
        return self.units.get(contender, self.unit)

    def median(self, contender: str) -> float:
        return median(self.rounds[contender])

    def ratio(self, bar: Bar) -> float | None:
        """None when one of the two could not be measured."""
        if bar.of not in self.rounds or (bar.by is not None and bar.by not in self.rounds):
            return None
        return self.median(bar.of) / (1.0 if bar.by is None else self.median(bar.by))


class CannotBeMeasured(Exception):
    """A contender that is not here, with the reason. The others go on."""


async def asked(
    name: str, question: Question, ground: Ground, *, rounds: int, show: Callable[[str], None]
) -> Answer:
    answer = Answer(name, question.UNIT, getattr(question, "UNITS", {}))
    for number in range(1, rounds + 1):
        for contender, measure in question.CONTENDERS.items():
            try:
                figure = await measure(ground)
            except CannotBeMeasured as reason:
                show(f"{name}: {contender} is left out. {reason}")
                continue
            answer.rounds.setdefault(contender, []).append(figure)
            show(f"{name} {number}/{rounds}: {contender} {figure:,.0f} {answer.unit_of(contender)}")
    return answer
