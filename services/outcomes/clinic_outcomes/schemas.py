"""What the HTTP API takes and gives."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from clinic_outcomes.domain.instrument import Choice, Instrument, Item, Screening
from clinic_outcomes.domain.place import Crisis
from clinic_outcomes.domain.risk_alert import Level
from clinic_outcomes.domain.score import Change
from clinic_platform.web import Day, Sent, Text

ItemId = Annotated[str, Text(20)]
Value = Annotated[int, Field(ge=0, le=100)]
Answered = Annotated[dict[ItemId, Value | None], Field(max_length=50)]


class OpenSurvey(Sent):
    """The secret from the link's fragment."""

    secret: Annotated[str, Field(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


class GiveAnswers(Sent):
    """By item; null or absent: not answered."""

    answers: Answered


class AddNote(Sent):
    text: Annotated[str, Text(4000, lines=True)]


class CloseAlert(Sent):
    """A clinician's judgement: the level, why, and when the patient is seen to next."""

    level: Level
    rationale: Annotated[str, Text(4000, lines=True)]
    follow_up_on: Day


class Shown(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class CrisisOut(Shown):
    text: str
    phone: str


class ChoiceOut(Shown):
    value: int
    text: str

    @classmethod
    def of(cls, choice: Choice) -> Self:
        return cls(value=choice.value, text=choice.text)


class ItemOut(Shown):
    id: str
    text: str
    loinc: str
    is_scored: bool
    choices: list[ChoiceOut]

    @classmethod
    def of(cls, item: Item) -> Self:
        return cls(
            id=item.id,
            text=item.text,
            loinc=item.loinc,
            is_scored=item.is_scored,
            choices=[ChoiceOut.of(choice) for choice in item.choices],
        )


class FormOut(Shown):
    """What the page shows: nothing about who is asked."""

    heading: str
    stem: str
    layout: str
    attribution: str
    items: list[ItemOut]

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        return cls(
            heading=instrument.heading,
            stem=instrument.stem,
            layout=instrument.layout,
            attribution=instrument.attribution,
            items=[ItemOut.of(item) for item in instrument.items],
        )


class SittingOut(Shown):
    credential: str
    credential_expires_at: datetime


class CurrentOut(Shown):
    status: str
    credential_expires_at: datetime
    form: FormOut
    draft: dict[str, int | None]


class CrisisAnswer(Shown):
    """`crisis`: words to show now, because an answer calls for them; else null."""

    crisis: CrisisOut | None

    @classmethod
    def of(cls, crisis: Crisis | None) -> Self:
        return cls(crisis=None if crisis is None else CrisisOut.model_validate(crisis))


class ReceiptOut(Shown):
    answered_at: datetime
    crisis: CrisisOut | None


class BandOut(Shown):
    name: str
    lowest: int
    highest: int


class InstrumentOut(Shown):
    name: str
    version: int
    scoring_version: int
    title: str
    attribution: str
    sources: list[str]
    loinc_panel: str
    loinc_total: str
    recall_days: int
    bands: list[BandOut]
    form: FormOut

    @classmethod
    def of(cls, instrument: Instrument) -> Self:
        return cls(
            name=instrument.name,
            version=instrument.version,
            scoring_version=instrument.scoring_version,
            title=instrument.title,
            attribution=instrument.attribution,
            sources=list(instrument.sources),
            loinc_panel=instrument.loinc_panel,
            loinc_total=instrument.loinc_total,
            recall_days=instrument.recall.days,
            bands=[BandOut.model_validate(band) for band in instrument.bands],
            form=FormOut.of(instrument),
        )


class InstrumentsOut(Shown):
    items: list[InstrumentOut]


class AssignmentOut(Shown):
    id: str
    about: str
    survey: str
    instrument: str
    instrument_version: int
    is_baseline: bool
    status: str
    due_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    reason: str | None


class AssignmentsOut(Shown):
    items: list[AssignmentOut]


class ScoringOut(Shown):
    total: int | None
    band: str | None
    missing: int
    is_prorated: bool
    screening: Screening


class ComparisonOut(Shown):
    baseline_score_id: str
    baseline_total: int
    percent: float | None
    response: bool | None
    remission: bool | None
    change: Change | None


class ScoreOut(Shown):
    id: str
    assignment_id: str
    instrument: str
    instrument_version: int
    scoring_version: int
    rule: str
    answered_at: datetime
    scoring: ScoringOut
    recall_days_used: int
    overlaps_dosing: bool
    is_baseline: bool
    comparison: ComparisonOut | None


class ScoresOut(Shown):
    items: list[ScoreOut]


class TrendPoint(Shown):
    """`kind`: plan_started, session or score; the fields of the other kinds are null."""

    kind: str
    at: datetime
    plan_id: str | None = None
    session_id: str | None = None
    infusion_number: int | None = None
    dose_mg: float | None = None
    mg_per_kg: float | None = None
    route: str | None = None
    completed_at: datetime | None = None
    score_id: str | None = None
    instrument: str | None = None
    scoring: ScoringOut | None = None
    is_baseline: bool | None = None
    overlaps_dosing: bool | None = None
    comparison: ComparisonOut | None = None


class TrendOut(Shown):
    items: list[TrendPoint]


class EvidenceOut(Shown):
    source: str
    value: int
    assignment_id: str
    at: datetime


class NoteOut(Shown):
    by: str
    text: str
    at: datetime


class AcknowledgedOut(Shown):
    by: str
    at: datetime


class ClosedOut(Shown):
    level: Level
    rationale: str
    follow_up_on: date
    by: str
    at: datetime


class AlertOut(Shown):
    id: str
    patient_id: str
    location_id: str
    status: str
    level: str
    raised_at: datetime
    acknowledge_by: datetime
    step: int
    evidence: list[EvidenceOut]
    notes: list[NoteOut]
    acknowledged: AcknowledgedOut | None
    closed: ClosedOut | None
    revision: int


class AlertsOut(Shown):
    items: list[AlertOut]
    has_more: bool
    after: str | None
