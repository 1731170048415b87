"""What was agreed, as files: the schemas of each event and version, an OpenAPI of each service.

`make golden` writes them again, after a change that was meant; the difference is reviewed. A schema
is added to the history of its event (`history.py`), and none is ever written over; nor is a version
of the data that decides (`clinical_data.py`).
"""

import json
import sys
from pathlib import Path
from typing import Final

from clinic_events.catalog import CATALOG
from clinic_events.envelope import Event
from clinic_events.ports import Document
from clinic_platform.web.app import App
from tests.contract import asyncapi, clinical_data, configured, measured, reference
from tests.contract.history import Histories, Refused
from tests.contract.services import SERVICES, Service

HERE: Final = Path(__file__).parent
OPENAPI: Final = HERE / "openapi"


def schema_of(event: type[Event]) -> Document:
    return {
        **event.model_json_schema(),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": event.name,
        "x-topic": event.topic.name,
        "x-keyed-by": event.keyed_by,
        "x-about": event.about,
        "x-data-class": event.data_class,
        **({"x-tombstone": True} if event.is_tombstone else {}),
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


def main() -> None:
    try:
        for event in CATALOG:
            Histories().accept(event.name, schema_of(event))
        versions = clinical_data.with_those(clinical_data.agreed(), clinical_data.found())
    except (Refused, clinical_data.VersionChanged) as refused:
        sys.exit(str(refused))
    write(clinical_data.AGREED, versions)
    for service in SERVICES:
        write(openapi_path(service), openapi_of(service))
    for path, document in asyncapi.documents().items():
        write(path, document)
    reference.PATH.write_text(reference.page())
    measured.PATH.write_text(measured.page())
    configured.PATH.write_text(configured.page())


if __name__ == "__main__":
    main()
