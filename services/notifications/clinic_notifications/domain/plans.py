"""Which letters follow from something that happened, and when each is still of use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
DURATION: Final = re.compile(r"([+-]?\d{1,4})([mhd])")
TO_THE_END: Final = "end"  # useful until the end that the event itself names


class BadPlan(ValueError):
    """The data file cannot be read; the message names the plan's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One letter of a plan. `at` and `until` count from the anchor; no `until`: the event's end.

    `heeds_quiet_hours` is false only where waiting would do harm.
    """

    id: str
    at: timedelta
    until: timedelta | None
    template: str
    category: str
    heeds_quiet_hours: bool
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLetter:
    """A line with its times. `rule` names plan, version and line."""

    line: Line
    rule: str
    due_at: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """A named and versioned list of letters."""

    name: str
    version: int
    lines: tuple[Line, ...]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. Raises BadPlan."""
        name, version, rows = (document.get(key) for key in ("plan", "version", "lines"))
        if not isinstance(name, str) or not isinstance(version, int) or not isinstance(rows, list):
            raise BadPlan("A plan needs a name, a version and lines.")
        lines = tuple(_line(name, row) for row in rows)
        if len({line.id for line in lines}) != len(lines):
            raise BadPlan(f"{name} has two lines of one id.")
        return cls(name, version, lines)

    def from_anchor(
        self, anchor: datetime, *, end: datetime | None = None
    ) -> tuple[PlannedLetter, ...]:
        """Every letter with its times. One that would only be due after its end is left out."""
        letters = (self._letter(line, anchor, end or anchor) for line in self.lines)
        return tuple(letter for letter in letters if letter.due_at < letter.useful_until)

    def _letter(self, line: Line, anchor: datetime, end: datetime) -> PlannedLetter:
        return PlannedLetter(
            line=line,
            rule=f"{self.name}@{self.version}/{line.id}",
            due_at=anchor + line.at,
            useful_until=end if line.until is None else anchor + line.until,
        )


def _line(plan: str, row: object) -> Line:
    if not isinstance(row, Mapping):
        raise BadPlan(f"A line of {plan} is not a mapping.")
    where = f"{plan}/{row.get('id')}"
    quiet = _text(where, row, "quiet_hours")
    if quiet not in ("wait", "ignore"):
        raise BadPlan(f"{where}: quiet_hours is either wait or ignore.")
    return Line(
        id=_text(where, row, "id"),
        at=_duration(where, _text(where, row, "at")),
        until=_until(where, _text(where, row, "until")),
        template=_text(where, row, "template"),
        category=_text(where, row, "category"),
        heeds_quiet_hours=quiet == "wait",
        source=_text(where, row, "source"),
    )


def _text(where: str, row: Mapping[str, object], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value:
        raise BadPlan(f"{where} has no {field}.")
    return value


def _until(where: str, text: str) -> timedelta | None:
    return None if text == TO_THE_END else _duration(where, text)


def _duration(where: str, text: str) -> timedelta:
    match = DURATION.fullmatch(text)
    if match is None:
        raise BadPlan(f"{where}: {text} is not a duration like 4h, -48h or 7d.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """Every plan that this service follows whatever the protocol."""

    reminders: LetterPlan
    surveys: LetterPlan
    risk: LetterPlan
    staff: LetterPlan
    offers: LetterPlan

    def lines(self) -> tuple[Line, ...]:
        care = (self.reminders, self.offers, self.surveys)
        plans = (*care, self.risk, self.staff)
        return tuple(line for plan in plans for line in plan.lines)
