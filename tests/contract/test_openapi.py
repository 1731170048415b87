"""Every API is as it was agreed, in `openapi/`, and described well enough to be used."""

from collections.abc import Iterator
from itertools import chain

import pytest

from clinic_events.ports import Document
from tests.contract.golden import OPENAPI, openapi_of, openapi_path, read
from tests.contract.services import SERVICES, Service

services = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


def operations_of(document: Document) -> Iterator[Document]:
    return chain.from_iterable(path.values() for path in document["paths"].values())


def references_in(part: object) -> Iterator[str]:
    match part:
        case {"$ref": str(reference)}:
            yield reference
        case dict():
            for inner in part.values():
                yield from references_in(inner)
        case list():
            for inner in part:
                yield from references_in(inner)


@services
def test_an_api_is_as_it_was_agreed(service: Service) -> None:
    assert read(openapi_path(service)) == openapi_of(service), "Meant? Run `make golden`, review."


def test_every_description_is_of_a_service_there_is() -> None:
    assert set(OPENAPI.iterdir()) == {openapi_path(service) for service in SERVICES}


@services
def test_every_operation_has_an_id_of_its_own_and_a_summary(service: Service) -> None:
    operations = list(operations_of(openapi_of(service)))
    assert sorted(op["operationId"] for op in operations) == sorted(service.operations)
    assert [op["operationId"] for op in operations if not op["summary"]] == []


@services
def test_every_operation_says_what_a_refusal_looks_like(service: Service) -> None:
    for operation in operations_of(openapi_of(service)):
        content = operation["responses"]["default"]["content"]["application/problem+json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert "422" not in operation["responses"], "The framework's own refusal is never given."


@services
def test_every_command_asks_for_a_key(service: Service) -> None:
    paths = openapi_of(service)["paths"].values()
    for command in (path["post"] for path in paths if "post" in path):
        names = [p["name"] for p in command["parameters"] if p["required"] and p["in"] == "header"]
        assert names == ["Idempotency-Key"]


@services
def test_whatever_is_referred_to_is_described(service: Service) -> None:
    document = openapi_of(service)
    described = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references_in(document)) <= described
