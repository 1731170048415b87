"""Which survey is due when, counted from the start of a plan, a session or the end of a series."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Self

from clinic_outcomes.domain.documents import BadDefinition, Fields
from clinic_outcomes.domain.instrument import Instrument, Instruments


class Anchor(StrEnum):
    PLAN_STARTED = "plan_started"
    SESSION_COMPLETED = "session_completed"
    SERIES_COMPLETED = "series_completed"


class RecallReachesBeforeDose(BadDefinition):
    """A survey would ask about days before the dose it is to measure."""

    def __init__(self, survey: str, instrument: Instrument) -> None:
        super().__init__(
            f"survey-plan/{survey}",
            f"{instrument.name} looks back {instrument.recall.window}, so it is due too soon",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSurvey:
    """A line of the plan. The survey can be answered from `after` the anchor on, for `open_for`."""

    id: str
    instrument: str
    instrument_version: int
    anchor: Anchor
    after: timedelta
    open_for: timedelta
    is_baseline: bool = False
    overlaps_dosing: bool = False
    until_next_session: bool = False

    @classmethod
    def parse(cls, fields: Fields, instruments: Instruments) -> Self:
        instrument = instruments.newest(fields.one("instrument", str))
        survey = cls(
            id=fields.one("id", str),
            instrument=instrument.name,
            instrument_version=instrument.version,
            anchor=Anchor(fields.one("anchor", str)),
            after=fields.hours("after_hours"),
            open_for=fields.hours("open_for_hours"),
            is_baseline=fields.maybe("is_baseline", bool, False),
            overlaps_dosing=fields.maybe("overlaps_dosing", bool, False),
            until_next_session=fields.maybe("until_next_session", bool, False),
        )
        survey._respect(instrument)
        return survey

    def due(self, anchored_at: datetime) -> datetime:
        return anchored_at + self.after

    def expires(self, anchored_at: datetime) -> datetime:
        return anchored_at + self.after + self.open_for

    def _respect(self, instrument: Instrument) -> None:
        """A survey is not due while its questions still reach back before the last dose."""
        if self.anchor is Anchor.PLAN_STARTED:
            return
        recall = instrument.recall
        least = recall.least_after_dose if self.overlaps_dosing else recall.window
        if self.after < least:
            raise RecallReachesBeforeDose(self.id, instrument)


class PlansDisagree(BadDefinition):
    """Two plans differ in something that is looked up by id, whichever plan it is of."""

    def __init__(self, where: str) -> None:
        super().__init__(where, "differs from what another survey plan has under this name")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPlan:
    name: str
    version: int
    baseline_window: timedelta
    surveys: tuple[PlannedSurvey, ...]

    @classmethod
    def parse(cls, document: Mapping[str, object], instruments: Instruments) -> Self:
        """BadDefinition: a field is wrong, a name is used twice, a recall is not respected."""
        fields = Fields(document, "survey-plan")
        surveys = tuple(PlannedSurvey.parse(f, instruments) for f in fields.each("surveys"))
        if len({survey.id for survey in surveys}) < len(surveys):
            raise BadDefinition("survey-plan", "every survey needs an id of its own")
        return cls(
            name=fields.one("survey_plan", str),
            version=fields.one("version", int),
            baseline_window=fields.inside("baseline").hours("window_hours"),
            surveys=surveys,
        )

    def rule(self, survey: PlannedSurvey) -> str:
        return f"{self.name}@{self.version}/{survey.id}"

    def at(self, anchor: Anchor, *, is_latest: bool = True) -> tuple[PlannedSurvey, ...]:
        """The surveys that count from there; of an earlier session, only those that outlive it."""
        anchored = (survey for survey in self.surveys if survey.anchor is anchor)
        return tuple(s for s in anchored if is_latest or not s.until_next_session)


def survey_key(about: str, survey: str, superseded: Container[str] = ()) -> str:
    """The key under which it is promised: the first whose promise no later session has ended.

    Once the later session is voided it is promised under the next key, for a promise that has ended
    is not made again. One that was kept, or ended for another reason, keeps its key: it is not
    asked twice.
    """
    first = f"survey:{about}:{survey}"
    if first not in superseded:
        return first
    return next(key for n in count(2) if (key := f"{first}:{n}") not in superseded)


def check_together(plans: Sequence[SurveyPlan]) -> None:
    """One baseline window for all, since a score counts for the patient; and an id is of a
    baseline, or lasts until the next session, in every plan or in none. Raises PlansDisagree."""
    if len({plan.baseline_window for plan in plans}) > 1:
        raise PlansDisagree("survey-plans/baseline")
    known: dict[str, tuple[bool, bool]] = {}
    for plan in plans:
        for line in plan.surveys:
            ends = (line.is_baseline, line.until_next_session)
            if known.setdefault(line.id, ends) != ends:
                raise PlansDisagree(f"{plan.name}/{line.id}")
