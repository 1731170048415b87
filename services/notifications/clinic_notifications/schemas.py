"""What the HTTP API takes and gives."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from clinic_notifications.domain.preferences import Answer, Choice, Preferences
from clinic_platform.web import Sent, Text


class ChoiceIn(Sent):
    category: Annotated[str, Text(40)]
    channel: Annotated[str, Text(20)]
    wanted: bool


class SetPreferences(Sent):
    """All the patient's own choices: those left out fall back to the defaults."""

    choices: Annotated[list[ChoiceIn], Field(max_length=50)]
    opted_out: bool = False

    def as_choices(self) -> list[Choice]:
        return [Choice(c.category, c.channel, c.wanted) for c in self.choices]


class AnswerOut(BaseModel):
    """`decided_by`: critical, opt_out, consent, patient or default."""

    category: str
    channel: str
    wanted: bool
    decided_by: str


class PreferencesOut(BaseModel):
    patient_id: str
    version: int
    opted_out: bool
    categories: list[AnswerOut]

    @classmethod
    def of(cls, preferences: Preferences, answers: Sequence[Answer]) -> "PreferencesOut":
        return cls(
            patient_id=preferences.patient_id,
            version=preferences.revision,
            opted_out=preferences.opted_out,
            categories=[
                AnswerOut(
                    category=answer.category,
                    channel=answer.channel,
                    wanted=answer.wanted,
                    decided_by=str(answer.decided_by),
                )
                for answer in answers
            ],
        )


class PromiseOut(BaseModel):
    """`state`: pending, kept, lapsed or withdrawn; `reason`: why it waits or was not kept."""

    key: str
    kind: str
    about: str
    rule: str
    why: str
    template: str
    category: str
    due_at: datetime
    due_local: str
    zone: str
    useful_until: datetime
    state: str
    reason: str | None
    attempts: int
    ended_at: datetime | None


class PromisesOut(BaseModel):
    items: list[PromiseOut]


class EntryOut(BaseModel):
    """`what`: deferred, sent, withheld or undeliverable."""

    what: str
    at: datetime
    until: datetime | None = None
    reason: str | None = None
    template_version: int | None = None
    uncertain: bool = False


class MessageOut(BaseModel):
    """`uncertain`: a crash hides whether an earlier attempt went out, so it may have come twice."""

    id: str
    promise_key: str
    about: str
    purpose: str
    template: str
    category: str
    channel: str
    status: str
    uncertain: bool
    created_at: datetime
    created_local: str
    zone: str
    timeline: list[EntryOut]


class MessagesOut(BaseModel):
    items: list[MessageOut]
