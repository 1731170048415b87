"""A score, the baseline it is measured against, and what the change amounts to.

Response is never computed against a score from after the first dose.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from clinic_outcomes.domain.assignment import AnswerSheet
from clinic_outcomes.domain.instrument import Course, Instrument, Scoring
from clinic_outcomes.domain.treatment import Treatment


class Change(StrEnum):
    RESPONSE = "response"
    PARTIAL = "partial"
    UNCHANGED = "unchanged"
    DETERIORATED = "deteriorated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """With the baseline named. `percent` is the improvement; None when the baseline is zero."""

    baseline_score_id: str
    baseline_total: int
    percent: float | None
    response: bool | None
    remission: bool | None
    change: Change | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Never changed once it is kept. `recall_days_used` is shorter than the instrument's recall
    when a dose lies within it: such a score is no clean measure of the time since."""

    id: str
    assignment_id: str
    patient_id: str
    location_id: str
    instrument: str
    instrument_version: int
    scoring_version: int
    rule: str
    answered_at: datetime
    scoring: Scoring
    recall_days_used: int
    overlaps_dosing: bool
    is_baseline: bool
    comparison: Comparison | None

    @property
    def is_valid(self) -> bool:
        return self.scoring.total is not None


def score_of(
    sheet: AnswerSheet,
    *,
    id: str,
    instrument: Instrument,
    treatment: Treatment,
    earlier: Iterable[Score],
    window: timedelta,
) -> Score:
    """The score of these answers, compared with the baseline when a dose lies between them."""
    scoring = instrument.score(sheet.answers)
    first = treatment.first_dose_at
    is_before = first is None or sheet.answered_at <= first
    used, overlaps = _recall(instrument, sheet.answered_at, treatment)
    return Score(
        id=id,
        assignment_id=sheet.assignment_id,
        patient_id=sheet.patient_id,
        location_id=sheet.location_id,
        instrument=instrument.name,
        instrument_version=instrument.version,
        scoring_version=instrument.scoring_version,
        rule=instrument.rule,
        answered_at=sheet.answered_at,
        scoring=scoring,
        recall_days_used=used,
        overlaps_dosing=overlaps,
        is_baseline=is_before and scoring.total is not None,
        comparison=None
        if is_before or first is None
        else compared(
            scoring, instrument, baseline_of(earlier, first_dose_at=first, window=window)
        ),
    )


def baseline_of(
    scores: Iterable[Score], *, first_dose_at: datetime, window: timedelta
) -> Score | None:
    """The last valid score within the window that ends with the first dose."""
    fitting = [
        score
        for score in scores
        if score.is_valid and first_dose_at - window <= score.answered_at <= first_dose_at
    ]
    return max(fitting, key=lambda score: score.answered_at, default=None)


def compared(scoring: Scoring, instrument: Instrument, baseline: Score | None) -> Comparison | None:
    """What became of the baseline; None when one of the two totals is missing."""
    if scoring.total is None or baseline is None or baseline.scoring.total is None:
        return None
    before, now = baseline.scoring.total, scoring.total
    better = before - now if instrument.lower_is_better else now - before
    percent = None if before == 0 else round(100 * better / before, 1)
    course = instrument.course
    return Comparison(
        baseline_score_id=baseline.id,
        baseline_total=before,
        percent=percent,
        response=None if course is None else _responded(better, before, course),
        remission=None if course is None else now < course.remission_below,
        change=None if course is None else _change(better, before, course),
    )


def _responded(better: int, before: int, course: Course) -> bool | None:
    """In whole numbers, so that exactly half is half."""
    return None if before == 0 else 100 * better >= course.response_percent * before


def _change(better: int, before: int, course: Course) -> Change:
    if -better >= course.deterioration_points:
        return Change.DETERIORATED
    if before and 100 * better >= course.response_percent * before:
        return Change.RESPONSE
    if before and 100 * better >= course.partial_percent * before:
        return Change.PARTIAL
    return Change.UNCHANGED


def _recall(instrument: Instrument, at: datetime, treatment: Treatment) -> tuple[int, bool]:
    """How many days the answers looked back since the last dose, and whether it cut them short."""
    dosed_at = treatment.last_dose_before(at)
    if dosed_at is None or at - dosed_at >= instrument.recall.window:
        return instrument.recall.days, False
    return (at - dosed_at).days, True
