"""The documents of the events agree with the code; `make golden` writes what was meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic_events.catalog import CATALOG
from clinic_events.envelope import Event
from clinic_events.testing import example, message_of
from tests.contract import asyncapi, reference
from tests.contract.golden import read

DOCUMENTS = asyncapi.documents()
paths = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)


@paths
def test_a_document_is_as_it_was_agreed(path: Path) -> None:
    assert read(path) == DOCUMENTS[path], "Meant? Run `make golden` and review."


def test_every_document_is_of_a_service_there_is() -> None:
    assert set(asyncapi.FOLDER.glob("*.json")) == set(DOCUMENTS)


def test_the_page_for_people_is_as_it_was_agreed() -> None:
    assert reference.PATH.read_text() == reference.page(), "Meant? Run `make golden` and review."


@paths
def test_whatever_a_document_refers_to_is_in_it(path: Path) -> None:
    document = DOCUMENTS[path]
    for reference_ in references(document):
        found: Any = document
        for step in reference_.removeprefix("#/").split("/"):
            assert step in found, reference_
            found = found[step]


@paths
def test_an_operation_refers_to_messages_of_its_channel_and_has_some(path: Path) -> None:
    for operation in DOCUMENTS[path]["operations"].values():
        channel = operation["channel"]["$ref"]
        messages = [message["$ref"] for message in operation["messages"]]
        assert messages
        assert all(message.startswith(f"{channel}/messages/") for message in messages)


def test_the_whole_clinic_has_every_event() -> None:
    clinic = DOCUMENTS[asyncapi.FOLDER / "clinic.json"]
    assert clinic["components"]["messages"].keys() == {event.name for event in CATALOG}


@pytest.mark.parametrize("event", [*CATALOG], ids=lambda event: event.name)
def test_the_headers_described_are_those_that_are_written(event: Any) -> None:
    described = asyncapi.HEADERS_SCHEMA
    written = message_of(example(event)).headers
    assert set(described["required"]) == set(written)
    assert set(written) <= described["properties"].keys()


@pytest.mark.parametrize("event", [*CATALOG], ids=lambda event: event.name)
def test_an_event_and_each_of_its_fields_are_described(event: type[Event]) -> None:
    assert "__doc__" in vars(event)
    assert event.__doc__
    schema = event.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        assert part["description"]
        assert [n for n, field in part["properties"].items() if not field.get("description")] == []


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
