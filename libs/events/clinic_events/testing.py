"""Test data: an example of any event, and a message that carries it."""

from datetime import UTC, datetime
from typing import Final, TypeVar, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from clinic_events.codec import encode
from clinic_events.envelope import Envelope, Event
from clinic_events.ports import Message

A_MOMENT: Final = datetime(2030, 1, 7, 12, tzinfo=UTC)

E = TypeVar("E", bound=Event)


def example(contract: type[E], **fields: object) -> E:
    """An event of that kind in which every field has some plainly invented value."""
    return contract.model_validate({**_values(contract), **fields})


def message_of(event: Event, *, event_id: str = "evt_example", sequence: int = 1) -> Message:
    envelope = Envelope(
        id=event_id,
        name=event.name,
        source="tests",
        subject=event.subject,
        key=event.key,
        time=A_MOMENT,
        sequence=sequence,
        correlation_id="cor_example",
        causation_id="evt_before",
        data_class=event.data_class,
    )
    return encode(envelope, event)


def _values(model: type[BaseModel]) -> dict[str, object]:
    return {name: _value(name, field) for name, field in model.model_fields.items()}


def _value(name: str, field: FieldInfo) -> object:
    if get_origin(field.annotation) is tuple:
        return ()
    kinds = [*get_args(field.annotation), field.annotation]
    kind = next(k for k in kinds if isinstance(k, type) and k is not type(None))
    if issubclass(kind, BaseModel):
        return _values(kind)
    return {bool: True, int: 1, float: 1.5, AwareDatetime: A_MOMENT}.get(kind, f"{name}_example")
