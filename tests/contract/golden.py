"""What was agreed, as files: a JSON schema per event and version, an OpenAPI document per service.

`make golden` writes them again, after a change that was meant; the difference is reviewed.
"""

import json
import sys
from pathlib import Path
from typing import Final

from clinic_events.catalog import CATALOG, NAME
from clinic_events.envelope import Event
from clinic_events.ports import Document
from clinic_platform.web.app import App
from tests.contract import asyncapi, reference
from tests.contract.growth import breaks
from tests.contract.services import SERVICES, Service

HERE: Final = Path(__file__).parent
SCHEMAS: Final = HERE / "schemas"
OPENAPI: Final = HERE / "openapi"


def schema_path(event: type[Event]) -> Path:
    """`schemas/sessions/SessionBooked.v1.json` of `sessions.session_booked.v1`."""
    match = NAME.fullmatch(event.name)
    assert match is not None, "The catalog holds names with versions only."
    producer, _, stem = match["stem"].partition(".")
    title = "".join(word.capitalize() for word in stem.split("_"))
    return SCHEMAS / producer / f"{title}.v{match['version']}.json"


def schema_of(event: type[Event]) -> Document:
    return {
        **event.model_json_schema(),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event.name,
        "x-topic": event.topic.name,
        "x-keyed-by": event.keyed_by,
        "x-about": event.about,
        "x-data-class": event.data_class,
    }


def openapi_path(service: Service) -> Path:
    return OPENAPI / f"{service.name}.json"


def openapi_of(service: Service) -> Document:
    """As the service serves it."""
    return App(service.name.capitalize(), is_described=True, routes=service.routes).openapi()


def read(path: Path) -> Document:
    document: Document = json.loads(path.read_text())
    return document


def write(path: Path, document: Document) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def broken() -> list[str]:
    """What no file may be written over: an event of today that broke what its file says."""
    return [
        f"{event.name}: {fault}. Make it a new version."
        for event in CATALOG
        if schema_path(event).exists()
        for fault in breaks(read(schema_path(event)), schema_of(event))
    ]


def main() -> None:
    if faults := broken():
        sys.exit("\n".join(faults))
    for event in CATALOG:
        write(schema_path(event), schema_of(event))
    for service in SERVICES:
        write(openapi_path(service), openapi_of(service))
    for path, document in asyncapi.documents().items():
        write(path, document)
    reference.PATH.write_text(reference.page())


if __name__ == "__main__":
    main()
