"""`docs/events.md`: every event, by topic, as a person reads it. `make golden` writes it."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from clinic_events import topics
from clinic_events.catalog import CATALOG
from clinic_events.envelope import Event
from clinic_events.topics import Topic
from tests.contract.services import SERVICES

PATH: Final = Path(__file__).parents[2] / "docs/events.md"
HEAD: Final = """# Events

Made from the contracts by `make golden`: change those, not this. The same for machines:
[asyncapi/](asyncapi/). What is promised: [the guarantee](events-guarantee.md). How
to add or change one: [the guide](guides/add-an-event.md).

A body is a JSON object. Times have their offset, `null` stands where nothing is known, and
fields nobody knows yet are ignored. Around it travels the
[envelope](../libs/events/clinic_events/envelope.py), as headers of CloudEvents 1.0.

The data class gives who may read it: `phi` is about a patient's health, `internal` is about nobody.
"""


def page() -> str:
    return HEAD + "".join(f"\n{line}" for topic in topics.ALL for line in _topic(topic)) + "\n"


def _topic(topic: Topic) -> Iterator[str]:
    kept = "the last of each key" if topic.retention is None else f"{topic.retention.days} days"
    yield f"## {topic.name}"
    yield ""
    yield f"Key: `{topic.key}`. Partitions: {topic.partitions}. Kept: {kept}."
    events = [event for event in CATALOG if event.topic == topic]
    yield ""
    yield "| event | version | data class | published by | received by |"
    yield "|---|---|---|---|---|"
    for event in events:
        received_by = ", ".join(_handlers_of(event)) or "nobody here"
        link = f"[{event.__name__}](#{event.__name__.lower()})"
        published_by, _, version = event.name.partition(".")[0], *event.name.rpartition(".")[1:]
        yield f"| {link} | {version} | {event.data_class} | {published_by} | {received_by} |"
    for event in events:
        yield ""
        yield from _event(event)
    yield ""


def _event(event: type[Event]) -> Iterator[str]:
    yield f"### {event.__name__}"
    yield ""
    yield str(inspect.getdoc(event))
    yield ""
    handlers = "".join(
        f" {who} handles it in `{name}`." for who, name in _handlers_of(event).items()
    )
    yield f"`{event.name}`, about `{event.about}`.{handlers}"
    yield ""
    schema = event.model_json_schema(ref_template="{model}")
    yield from _fields(schema)
    for name, part in schema.get("$defs", {}).items():
        yield ""
        yield f"**{name}.** {part['description']}"
        yield ""
        yield from _fields(part)


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for name, field in schema["properties"].items():
        missing = "" if name in schema["required"] else " May be missing."
        yield f"| `{name}` | {_type(field)} | {field['description']}{missing} |"


def _handlers_of(event: type[Event]) -> dict[str, str]:
    """The services that listen to it, and the handler of each."""
    return {
        service.name: line.handler.__name__
        for service in SERVICES
        for line in service.subscriptions
        if line.event is event
    }


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("format") == "date-time":
        return "time"
    return str(schema.get("type", "anything"))
