"""The monitoring form that a risk programme wants of each session, and its seven days.

The form follows from the session by a field map, which is data with a version. It is made for a
person to send: nothing is sent from here. A field that the record does not fill is named.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self, TypeAlias, assert_never, get_args

from clinic_sessions.domain.drugs.sources import NOTED, SOURCES, Record, Value, value_of
from clinic_sessions.domain.errors.drugs import (
    FormIncomplete,
    FormSubmitted,
    NotByHand,
    NotSuchAnAnswer,
)

Document = Mapping[str, Any]
Answer: TypeAlias = Literal["yes_or_no", "minutes", "number", "pressure", "text"]
PRESSURE: Final = re.compile(r"[1-9]\d{1,2}/[1-9]\d{1,2}")  # systolic/diastolic in mm[Hg]


class BadFieldMap(ValueError):
    """The file cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """`source` is one of SOURCES, a fact noted at the bedside, or nothing that is on record.

    `answer` is what a person may fill in; None in an edition that does not say.
    """

    name: str
    source: str
    is_required: bool
    answer: Answer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    """`programme` is what a protocol names as its risk programme."""

    name: str
    version: int
    programme: str
    submit_within: timedelta
    call_again_every: timedelta
    near: timedelta
    fields: tuple[FormField, ...]

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Due:
    """The session has ended: the form is due."""


@dataclass(frozen=True, slots=True)
class Dated:
    """The session is now known to have ended at another time: so the form is due at another."""

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A person has sent it. `values` as they were then, `by_hand` what that person filled in
    where the record said nothing."""

    reference: str
    by: str
    at: datetime
    values: Mapping[str, Value]
    by_hand: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The session was voided, and this patient had no dose."""


Fact: TypeAlias = Due | Dated | Submitted | Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringForm:
    session_id: str
    patient_id: str
    location_id: str
    field_map: str
    due_at: datetime
    submitted: Submitted | None = None
    is_withdrawn: bool = False
    revision: int = 0

    @property
    def is_open(self) -> bool:
        return self.submitted is None and not self.is_withdrawn

    def submit(
        self,
        reference: str,
        values: Mapping[str, Value],
        *,
        missing: Sequence[str],
        by_hand: Mapping[str, Value],
        by: str,
        now: datetime,
    ) -> Submitted:
        """Every missing field has a value that a person filled in. Raises FormIncomplete."""
        if not self.is_open:
            raise FormSubmitted
        if left := [name for name in missing if name not in by_hand]:
            raise FormIncomplete(left)
        return Submitted(reference=reference, by=by, at=now, values=values, by_hand=dict(by_hand))

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Due():
                return following
            case Dated(due_at):
                return replace(following, due_at=due_at)
            case Submitted():
                return replace(following, submitted=fact)
            case Withdrawn():
                return replace(following, is_withdrawn=True)
            case _:
                assert_never(fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledForm:
    """A form with what the record says now; as it was sent, once it was."""

    form: MonitoringForm
    field_map: FieldMap
    values: Mapping[str, Value]
    missing: Sequence[str]


def values_of(field_map: FieldMap, record: Record) -> dict[str, Value]:
    """By the form's own names: what the record has. What it has not is left out."""
    found = {field.name: value_of(field.source, record) for field in field_map.fields}
    return {name: value for name, value in found.items() if value is not None}


def missing_in(field_map: FieldMap, values: Mapping[str, Value]) -> list[str]:
    return [f.name for f in field_map.fields if f.is_required and f.name not in values]


def check_by_hand(
    field_map: FieldMap, values: Mapping[str, Value], by_hand: Mapping[str, Value]
) -> None:
    """A person fills in what the record does not say, and nothing else. Raises NotByHand,
    NotSuchAnAnswer."""
    free = {field.name: field.answer for field in field_map.fields if field.name not in values}
    if wrong := [name for name in by_hand if name not in free]:
        raise NotByHand(wrong, allowed=list(free))
    asked = {name: answer for name in by_hand if (answer := free[name]) is not None}
    if mistyped := {n: answer for n, answer in asked.items() if not _is(by_hand[n], answer)}:
        raise NotSuchAnAnswer(mistyped)


def _is(value: Value, answer: Answer) -> bool:
    match answer:
        case "yes_or_no":
            return isinstance(value, bool)
        case "minutes":
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        case "pressure":
            return isinstance(value, str) and PRESSURE.fullmatch(value) is not None
        case "text":
            return isinstance(value, str) and value.strip() != ""


def read_field_map(document: Document) -> FieldMap:
    """Raises BadFieldMap."""
    try:
        return FieldMap(
            name=document["form"],
            version=document["version"],
            programme=document["risk_programme"],
            submit_within=timedelta(days=_number(document["submit_within_days"])),
            call_again_every=timedelta(hours=_number(document["call_again_every_hours"])),
            near=timedelta(minutes=_number(document["near_minutes"])),
            fields=tuple(_field(row) for row in document["fields"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadFieldMap(f"The field map lacks or mistypes {error}.") from None


def _field(row: Document) -> FormField:
    if row["from"] not in SOURCES and not row["from"].startswith(NOTED):
        raise ValueError(f"the source of {row['name']}")
    if row.get("answer") not in (None, *get_args(Answer)):
        raise ValueError(f"the answer of {row['name']}")
    return FormField(
        name=row["name"],
        source=row["from"],
        is_required=bool(row["required"]),
        answer=row.get("answer"),
    )


def _number(row: Document) -> float:
    if not row["source"]:
        raise ValueError("a source")
    return float(row["value"])
