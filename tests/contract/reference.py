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

A body is a JSON object. Times are UTC with their offset, `null` is said where nothing is known, and
fields nobody knows yet are ignored. Around it travels the
[envelope](../libs/events/clinic_events/envelope.py), as headers of CloudEvents 1.0.
"""


def page() -> str:
    return HEAD + "".join(f"\n{line}" for topic in topics.ALL for line in _topic(topic)) + "\n"


def _topic(topic: Topic) -> Iterator[str]:
    kept = "the last of each key" if topic.retention is None else f"{topic.retention.days} days"
    yield f"## {topic.name}"
    yield ""
    yield f"Key: `{topic.key}`. Partitions: {topic.partitions}. Kept: {kept}."
    for event in CATALOG:
        if event.topic == topic:
            yield ""
            yield from _event(event)
    yield ""


def _event(event: type[Event]) -> Iterator[str]:
    yield f"### {event.__name__}"
    yield ""
    if told := vars(event).get("__doc__"):
        yield inspect.cleandoc(told)
        yield ""
    producer = event.name.partition(".")[0]
    yield f"`{event.name}`, about `{event.about}`, {event.data_class}. Said by {producer}."
    yield ""
    yield "Heard by " + (", ".join(_listeners(event)) or "nobody here") + "."
    yield ""
    yield "| field | type | |"
    yield "|---|---|---|"
    schema = event.model_json_schema(ref_template="{model}")
    for name, field in schema["properties"].items():
        needed = "" if name in schema.get("required", ()) else "may be missing"
        yield f"| `{name}` | {_type(field)} | {needed} |"
    for name, part in schema.get("$defs", {}).items():
        fields = ", ".join(f"`{f}` {_type(s)}" for f, s in part.get("properties", {}).items())
        yield ""
        yield f"{name}: {fields or _type(part)}."


def _listeners(event: type[Event]) -> Iterator[str]:
    for service in SERVICES:
        for line in service.subscriptions:
            if line.event is event:
                yield f"{service.name} (`{line.handler.__name__}`)"


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
