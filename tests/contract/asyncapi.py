"""What services publish and receive, as AsyncAPI 3.1: one document per service, and one of all.

Made from the contracts, the topics and the subscriptions themselves; `make golden` writes them.
"""

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from clinic_events.catalog import CATALOG
from clinic_events.envelope import Event
from clinic_events.ports import Document
from clinic_events.topics import Topic
from tests.contract.services import SERVICES, Service

FOLDER: Final = Path(__file__).parents[2] / "docs/asyncapi"
VERSION: Final = "3.1.0"
BINDING: Final = "0.5.0"
HEADERS: Final = "CloudEventHeaders"

# CloudEvents 1.0 in Kafka's binary mode, as clinic_events/codec.py writes it.
_TEXT: Final[Document] = {"type": "string"}
HEADERS_SCHEMA: Final[Document] = {
    "type": "object",
    "description": "Attributes of CloudEvents 1.0, each as a header of the record.",
    "required": [
        *("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"),
        *("ce_partitionkey", "ce_sequence", "ce_correlationid", "ce_causationid"),
        *("ce_dataclassification", "content-type"),
    ],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**_TEXT, "description": "Unique. A second record of this id is a repetition."},
        "ce_type": {**_TEXT, "description": "The event's name with its version."},
        "ce_source": {**_TEXT, "description": "The service that publishes it."},
        "ce_subject": {**_TEXT, "description": "The id of the record it is about."},
        "ce_time": {**_TEXT, "format": "date-time"},
        "ce_partitionkey": {**_TEXT, "description": "As the record's key."},
        "ce_sequence": {
            **_TEXT,
            "pattern": "^[0-9]{12}$",
            "description": "The version of the record it is about; rises within a subject.",
        },
        "ce_correlationid": {**_TEXT, "description": "One per step that a person started."},
        "ce_causationid": {**_TEXT, "description": "The event or request that led to this one."},
        "ce_dataclassification": {**_TEXT, "description": "phi, or internal."},
        "ce_traceparent": {**_TEXT, "description": "W3C trace context, to link to."},
        "content-type": {"const": "application/json"},
    },
}


def documents() -> dict[Path, Document]:
    """The path of each, and its content."""
    made = {FOLDER / f"{service.name}.json": document_of([service]) for service in SERVICES}
    return {**made, FOLDER / "clinic.json": document_of(SERVICES)}


def document_of(services: Sequence[Service]) -> Document:
    names = [service.name for service in services]
    operations = {
        f"{service.name}.{action}.{topic.name}": {**_operation(action, topic, events), **more}
        for service in services
        for action, events, more in (
            ("send", published_by(service), {}),
            ("receive", received_by(service), _group(service)),
        )
        for topic in _topics_of(events)
    }
    events_by_name = {
        event.name: event for s in services for event in [*published_by(s), *received_by(s)]
    }
    all_events = events_by_name.values()
    return {
        "asyncapi": VERSION,
        "info": {
            "title": names[0].capitalize() if len(names) == 1 else "Clinic",
            "version": "1.0.0",
            "description": f"The events of {', '.join(names)}.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, all_events) for topic in _topics_of(all_events)},
        "operations": operations,
        "components": {
            "messages": {event.name: _message(event) for event in all_events},
            "schemas": {HEADERS: HEADERS_SCHEMA, **_schemas(all_events)},
        },
    }


def published_by(service: Service) -> list[type[Event]]:
    return [event for event in CATALOG if event.name.startswith(f"{service.name}.")]


def received_by(service: Service) -> list[type[Event]]:
    return [subscription.event for subscription in service.subscriptions]


def _topics_of(events: Iterable[type[Event]]) -> list[Topic]:
    topics = {event.topic.name: event.topic for event in events}
    return [topics[name] for name in sorted(topics)]


def _channel(topic: Topic, events: Iterable[type[Event]]) -> Document:
    settings = topic.settings
    configuration: Document = {
        "cleanup.policy": [settings["cleanup.policy"]],
        "max.message.bytes": int(settings["max.message.bytes"]),
    }
    for name in ("retention.ms", "retention.bytes", "delete.retention.ms"):
        if name in settings:
            configuration[name] = int(settings[name])
    return {
        "address": topic.name,
        "description": f"Keyed by {topic.key}: events of one key stay in order.",
        "messages": {
            event.name: {"$ref": f"#/components/messages/{event.name}"}
            for event in events
            if event.topic == topic
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": configuration,
                "bindingVersion": BINDING,
            }
        },
    }


def _operation(action: str, topic: Topic, events: Iterable[type[Event]]) -> Document:
    channel = f"#/channels/{topic.name}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [
            {"$ref": f"{channel}/messages/{event.name}"} for event in events if event.topic == topic
        ],
    }


def _group(service: Service) -> Document:
    """A service listens as one group, whose name is its own."""
    group_id = {"type": "string", "const": service.name}
    return {"bindings": {"kafka": {"groupId": group_id, "bindingVersion": BINDING}}}


def _message(event: type[Event]) -> Document:
    return {
        "name": event.name,
        "title": event.__name__,
        "summary": inspect.getdoc(event),
        "x-data-class": event.data_class,
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{HEADERS}"},
        "payload": _payload(event),
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": _key(event)},
                "bindingVersion": BINDING,
            }
        },
    }


def _payload(event: type[Event]) -> Document:
    if event.is_tombstone:
        return {"type": "null", "description": "A tombstone: the record has no value."}
    return {"$ref": f"#/components/schemas/{event.name}"}


def _key(event: type[Event]) -> str:
    if event.is_tombstone:
        return f"The `{event.keyed_by}`, which is all it holds."
    return f"As `{event.keyed_by}` in the body."


def _schemas(events: Iterable[type[Event]]) -> Document:
    """Each event's body, and what is inside it under its producer's name."""
    schemas: Document = {}
    for event in events:
        if event.is_tombstone:
            continue
        producer = event.name.partition(".")[0]
        template = f"#/components/schemas/{producer}.{{model}}"
        schema = event.model_json_schema(ref_template=template)
        parts = {f"{producer}.{name}": part for name, part in schema.pop("$defs", {}).items()}
        schemas |= parts | {event.name: schema}
    return schemas
