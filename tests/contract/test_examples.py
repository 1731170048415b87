"""The examples in the descriptions of the APIs are good: who sends one is not refused for it."""

import json
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from clinic_platform.web import Sent
from clinic_platform.web.bodies import BodyReader
from tests.contract.golden import openapi_of
from tests.contract.services import SERVICES, Service
from tests.contract.test_openapi import operations_of

# What somebody has to see before they build a screen for sessions.
MAIN_ANSWERS: Final = {
    "AlarmOut",
    "BoardOut",
    "CardOut",
    "ChangedOut",
    "DoseOut",
    "EventOut",
    "HoldOut",
    "LocationOut",
    "MonitoringOut",
    "PlanOut",
    "ReceiptOut",
    "SeriesOut",
    "SessionOut",
    "SlotOut",
    "TakenOut",
    "VialWithEntries",
}


def models_of(service: Service) -> list[type[BaseModel]]:
    where = f"clinic_{service.name}.schemas"
    return [model for model in _below(BaseModel) if model.__module__.startswith(where)]


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for inner in model.__subclasses__():
        yield inner
        yield from _below(inner)


def examples_of(model: type[BaseModel]) -> list[Any]:
    extra = model.model_config.get("json_schema_extra")
    found = extra.get("examples") if isinstance(extra, dict) else None
    return found if isinstance(found, list) else []


def shown(service: Service) -> dict[type[BaseModel], list[Any]]:
    return {model: found for model in models_of(service) if (found := examples_of(model))}


def all_shown() -> Iterator[tuple[type[BaseModel], Any]]:
    """Each example of each service with its model."""
    for service in SERVICES:
        for model, examples in shown(service).items():
            yield from ((model, one) for one in examples)


def test_a_body_that_is_shown_is_taken() -> None:
    bodies = [(model, one) for model, one in all_shown() if issubclass(model, Sent)]
    assert len(bodies) > 30
    for model, example in bodies:
        BodyReader(model).read(json.dumps(example).encode())


def test_an_answer_that_is_shown_is_whole_and_has_nothing_that_is_never_given() -> None:
    answers = [(model, one) for model, one in all_shown() if not issubclass(model, Sent)]
    assert len(answers) >= len(MAIN_ANSWERS)
    for model, example in answers:
        given = model.model_validate_json(json.dumps(example))
        written = given.model_dump(mode="json", by_alias=True, exclude_unset=True)
        assert written == example, model.__name__


def test_every_body_of_the_sessions_service_is_shown_by_an_example() -> None:
    document = openapi_of(next(one for one in SERVICES if one.name == "sessions"))
    schemas = document["components"]["schemas"]
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for operation in operations_of(document)
        if "requestBody" in operation
    }
    assert len(bodies) > 30
    assert {name for name in bodies if not schemas[name].get("examples")} == set()


def test_the_main_answers_of_the_sessions_service_are_shown_by_an_example() -> None:
    service = next(one for one in SERVICES if one.name == "sessions")
    by_example = {model.__name__ for model in shown(service) if not issubclass(model, Sent)}
    assert by_example >= MAIN_ANSWERS
    schemas = openapi_of(service)["components"]["schemas"]
    described = {name.rpartition("__")[2] for name, one in schemas.items() if "examples" in one}
    assert described >= MAIN_ANSWERS - {"ChangedOut"}, "That one is sent in a stream."


def test_a_booking_that_is_refused_is_shown_with_what_is_in_the_way() -> None:
    document = openapi_of(next(one for one in SERVICES if one.name == "sessions"))
    problem = document["components"]["schemas"]["Problem"]
    for path in ("/v1/sessions", "/v1/sessions/{session_id}/reschedule"):
        refusal = document["paths"][path]["post"]["responses"]["409"]
        example = refusal["content"]["application/problem+json"]["example"]
        assert set(problem["required"]) <= set(example)
        assert set(example) <= {*problem["properties"], "conflicts", "alternatives"}
        assert len(example["conflicts"]) == len(example["alternatives"]) == 1
