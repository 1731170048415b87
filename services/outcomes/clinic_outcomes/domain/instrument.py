"""An instrument: its questions, how they are scored, and which answers must be heeded at once.

Everything clinical about it is data; this is the arithmetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Self, TypeAlias

from clinic_outcomes.domain.documents import BadDefinition, Fields
from clinic_outcomes.domain.errors import BadAnswers

Answers: TypeAlias = Mapping[str, int | None]  # by item; None or absent: not answered


class Screening(StrEnum):
    """What the safety items show. A missing answer is never a no."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NOT_SCREENED = "not_screened"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    value: int
    text: str
    loinc: str = ""

    @classmethod
    def parse(cls, fields: Fields) -> Self:
        return cls(
            value=fields.one("value", int),
            text=fields.one("text", str),
            loinc=fields.maybe("loinc", str, ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question. `alarm_from` is the value from which the answer must be heeded at once."""

    id: str
    text: str
    choices: tuple[Choice, ...]
    loinc: str = ""
    is_scored: bool = True
    alarm_from: int | None = None

    @classmethod
    def parse(cls, fields: Fields, *, choices: tuple[Choice, ...]) -> Self:
        own = tuple(Choice.parse(f) for f in fields.each("choices")) if _has(fields) else choices
        return cls(
            id=fields.one("id", str),
            text=fields.one("text", str),
            choices=own,
            loinc=fields.maybe("loinc", str, ""),
            is_scored=fields.maybe("scored", bool, True),
            alarm_from=fields.one("alarm_from", int) if "alarm_from" in fields.document else None,
        )

    def allows(self, value: int | None) -> bool:
        return value is None or any(value == choice.value for choice in self.choices)

    def alarms_at(self, value: int | None) -> bool:
        return self.alarm_from is not None and value is not None and value >= self.alarm_from


def _has(fields: Fields) -> bool:
    return "choices" in fields.document


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    name: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """How far back the questions look. `least_after_dose`: asked any earlier, it is meaningless."""

    window: timedelta
    least_after_dose: timedelta

    @property
    def days(self) -> int:
        return self.window.days


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """From which change on it is a response, partial response, remission or deterioration."""

    response_percent: int
    partial_percent: int
    remission_below: int
    deterioration_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An answer that must be heeded. `source` names the item."""

    source: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """`total` is None when too little was answered for one."""

    total: int | None
    band: str | None
    missing: int
    is_prorated: bool
    screening: Screening


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    name: str
    version: int
    scoring_version: int
    title: str
    heading: str
    stem: str
    layout: str
    attribution: str
    loinc_panel: str
    loinc_total: str
    sources: tuple[str, ...]
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    recall: Recall
    may_miss: int
    lower_is_better: bool
    course: Course | None

    @property
    def rule(self) -> str:
        return f"{self.name}@{self.version}/scoring-{self.scoring_version}"

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """The instrument a data file describes. BadDefinition names the field that is wrong."""
        fields = Fields(document, str(document.get("instrument", "instrument")))
        loinc, recall = fields.inside("loinc"), fields.inside("recall")
        choices = tuple(Choice.parse(f) for f in fields.each("choices"))
        instrument = cls(
            name=fields.one("instrument", str),
            version=fields.one("version", int),
            scoring_version=fields.one("scoring_version", int),
            title=fields.one("title", str),
            heading=fields.one("heading", str),
            stem=fields.one("stem", str),
            layout=fields.one("layout", str),
            attribution=fields.one("attribution", str),
            loinc_panel=loinc.maybe("panel", str, ""),
            loinc_total=loinc.maybe("total", str, ""),
            sources=tuple(str(source) for source in fields.one("sources", list)),
            items=tuple(Item.parse(f, choices=choices) for f in fields.each("items")),
            bands=tuple(_band(f) for f in fields.each("bands")),
            recall=Recall(
                window=recall.hours("hours"),
                least_after_dose=recall.hours("least_hours_after_dose"),
            ),
            may_miss=fields.inside("missing").one("at_most", int),
            lower_is_better=fields.one("better", str) == "lower",
            course=_course(fields.inside("course")) if "course" in document else None,
        )
        instrument._check_bands(fields.where)
        return instrument

    def check(self, answers: Answers) -> None:
        """Raises BadAnswers, naming every item it does not know or whose choice it does not."""
        known = {item.id: item for item in self.items}
        wrong = [i for i, value in answers.items() if i not in known or not known[i].allows(value)]
        if wrong:
            raise BadAnswers(wrong)

    def alarms(self, answers: Answers) -> tuple[Alarm, ...]:
        """Answers that must be heeded at once, item by item, whatever else is missing."""
        given = ((item, answers.get(item.id)) for item in self.items)
        return tuple(
            Alarm(source=f"{self.name}/{item.id}", value=value)
            for item, value in given
            if value is not None and item.alarms_at(value)
        )

    def score(self, answers: Answers) -> Scoring:
        """The total, or none: too much is missing, or a safety item is (never filled in)."""
        scored = [item for item in self.items if item.is_scored]
        values = [v for item in scored if (v := answers.get(item.id)) is not None]
        missing = len(scored) - len(values)
        screening = self._screening(answers)
        can = missing <= self.may_miss and values and screening is not Screening.NOT_SCREENED
        total = _prorated(sum(values), len(values), len(scored)) if can else None
        return Scoring(
            total=total,
            band=None if total is None else self._band_of(total),
            missing=missing,
            is_prorated=total is not None and missing > 0,
            screening=screening,
        )

    def _screening(self, answers: Answers) -> Screening:
        asked = [item for item in self.items if item.alarm_from is not None]
        if self.alarms(answers):
            return Screening.POSITIVE
        if any(answers.get(item.id) is None for item in asked):
            return Screening.NOT_SCREENED
        return Screening.NEGATIVE if asked else Screening.NOT_ASKED

    def _band_of(self, total: int) -> str:
        return next(band.name for band in self.bands if band.lowest <= total <= band.highest)

    def _check_bands(self, where: str) -> None:
        scored = [item for item in self.items if item.is_scored]
        low = sum(min(c.value for c in item.choices) for item in scored)
        high = sum(max(c.value for c in item.choices) for item in scored)
        covered = [n for b in self.bands for n in range(b.lowest, b.highest + 1)]
        if covered != list(range(low, high + 1)):
            raise BadDefinition(where, f"bands must cover {low} to {high}, each total once")


def _prorated(total: int, answered: int, asked: int) -> int:
    exact = Decimal(total) * asked / answered
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _band(fields: Fields) -> Band:
    return Band(
        name=fields.one("name", str),
        lowest=fields.one("from", int),
        highest=fields.one("to", int),
    )


def _course(fields: Fields) -> Course:
    return Course(
        response_percent=fields.one("response_at_least_percent", int),
        partial_percent=fields.one("partial_at_least_percent", int),
        remission_below=fields.one("remission_below", int),
        deterioration_points=fields.one("deterioration_at_least_points", int),
    )


@dataclass(frozen=True, slots=True)
class Instruments:
    """Every instrument the clinic uses, in every version it has used."""

    all: tuple[Instrument, ...]

    def get(self, name: str, version: int) -> Instrument:
        return next(i for i in self.all if (i.name, i.version) == (name, version))

    def newest(self, name: str) -> Instrument:
        """BadDefinition when there is none of that name."""
        versions = [instrument for instrument in self.all if instrument.name == name]
        if not versions:
            raise BadDefinition("instruments", f"there is no {name}")
        return max(versions, key=lambda instrument: instrument.version)
