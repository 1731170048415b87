"""The base class of every event, and the envelope that travels around it."""

from datetime import datetime
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from clinic_events.topics import Topic


class Event(BaseModel):
    """A fact one service publishes for others: in the past tense, never changed, only versioned.

    A contract names itself (`name`, with its major version), its `topic`, the field that keys it
    (`keyed_by`: events with one key stay in order) and the field it is `about` (the aggregate). Its
    docstring states when it is published, that of each field what it means: `docs/events.md` is
    made of them.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", allow_inf_nan=False, use_attribute_docstrings=True
    )

    name: ClassVar[str]
    topic: ClassVar[Topic]
    about: ClassVar[str]
    keyed_by: ClassVar[str] = "patient_id"
    data_class: ClassVar[str] = "phi"
    is_tombstone: ClassVar[bool] = False
    """Deletes its key from a compacted topic: it travels without a body, and its one field is its
    key."""

    @property
    def key(self) -> str:
        return str(getattr(self, self.keyed_by))

    @property
    def subject(self) -> str:
        return str(getattr(self, self.about))


class Envelope(NamedTuple):
    """The attributes of the event in a message, by CloudEvents 1.0.

    `sequence` is the aggregate's version, so first occurrences within one `subject` only rise.
    `correlation_id` is one per step a person started; `causation_id` is the event (or request)
    that led to this one. `name` and `key` repeat those of the event itself, so that a message can
    be routed without reading its body.
    """

    id: str
    name: str
    source: str
    subject: str
    key: str
    time: datetime
    sequence: int
    correlation_id: str
    causation_id: str
    data_class: str
    trace_parent: str | None = None
