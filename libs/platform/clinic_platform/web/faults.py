"""The faults of a request, described without repeating any of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from clinic_platform.problems import Fault

MAX_FAULTS: Final = 20
# Rules whose messages come from the model alone. Those of others may repeat what was sent.
PLAIN_RULES: Final = frozenset(
    [
        "missing",
        "extra_forbidden",
        "json_invalid",
        "model_type",
        "dict_type",
        "list_type",
        "tuple_type",
        "set_type",
        "frozen_set_type",
        "string_type",
        "string_too_short",
        "string_too_long",
        "string_pattern_mismatch",
        "text",
        "int_type",
        "int_parsing",
        "int_from_float",
        "int_parsing_size",
        "float_type",
        "float_parsing",
        "finite_number",
        "bool_type",
        "bool_parsing",
        "greater_than",
        "greater_than_equal",
        "less_than",
        "less_than_equal",
        "multiple_of",
        "literal_error",
        "enum",
        "too_short",
        "too_long",
        "date_type",
        "date_parsing",
        "datetime_type",
        "datetime_parsing",
        "date_from_datetime_inexact",
        "timezone_aware",
        "time_type",
        "time_parsing",
        "time_delta_type",
        "value_error",
        "none_required",
        "decimal_type",
        "decimal_parsing",
        "decimal_max_digits",
        "decimal_max_places",
    ]
)
NOT_ACCEPTED: Final = "This value is not accepted here."


def faults_of(error: ValidationError, names: frozenset[str] | None) -> list[Fault]:
    """The first 20. `names` are the model's own: any other part of a place was sent, and is cut."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return faults_in(details, names)


def faults_in(details: Sequence[Any], names: frozenset[str] | None) -> list[Fault]:
    return [_fault(detail, names) for detail in details[:MAX_FAULTS]]


def field_names(model: type[BaseModel]) -> frozenset[str]:
    """Every name of a field, at any depth."""
    return frozenset(_names_in(model.model_json_schema()))


def pointer_to(place: Iterable[str | int]) -> str:
    """The place as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def _fault(detail: Mapping[str, Any], names: frozenset[str] | None) -> Fault:
    rule = detail["type"]
    message = detail["msg"] if rule in PLAIN_RULES else NOT_ACCEPTED
    if rule == "json_invalid":
        message = "The body is not JSON."
    return Fault(
        pointer=pointer_to(_known_part(detail["loc"], names)),
        rule=rule,
        message=message.removeprefix("Value error, "),
    )


def _known_part(place: Sequence[str | int], names: frozenset[str] | None) -> list[str | int]:
    known: list[str | int] = []
    for part in place:
        if names is not None and isinstance(part, str) and part not in names:
            break
        known.append(part)
    return known


def _names_in(schema: object) -> list[str]:
    if isinstance(schema, list):
        return [name for item in schema for name in _names_in(item)]
    if not isinstance(schema, dict):
        return []
    properties = schema.get("properties")
    own = list(properties) if isinstance(properties, dict) else []
    return own + [name for value in schema.values() for name in _names_in(value)]
