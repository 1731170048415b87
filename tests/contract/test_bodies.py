"""Whatever a service takes has an end: numbers, days, texts and lists are bounded at its doors.

The database keeps whole numbers of 64 bits and dates of four digits. What is larger is refused at
the door with its field and rule, and never fails further in.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import pytest
from fastapi.dependencies.models import Dependant
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from clinic_platform.web import Sent, Text
from tests.contract.services import SERVICES

NUMBERS: Final = (int, float, Decimal, date, datetime, AwareDatetime)
MAPS: Final = (dict, Mapping)
WITHOUT_END: Final = re.compile(r"(?<!\\)[*+]|,}")  # in a pattern, outside of its classes
# A protocol as its file would hold it: it is read by rules of its own, and kept nowhere. Answers to
# a questionnaire: it has the bounds of each.
READ_OTHERWISE: Final = frozenset(
    [
        ("RehearseProtocol", "draft"),
        ("Screen", "answers"),
        ("Screen", "vitals"),
        ("Screen", "instruments"),
    ]
)


def bodies(of: type[Sent] = Sent) -> Iterator[type[Sent]]:
    for body in of.__subclasses__():
        if body.__module__.startswith("clinic_"):
            yield body
        yield from bodies(body)


def unbounded(kind: Any, rules: Iterable[object] = ()) -> Iterator[str]:
    """What has no end in a type, in words. A body within it is asked for itself."""
    rules, origin = list(_flat(rules)), get_origin(kind)
    if origin is Annotated:
        yield from unbounded(kind.__origin__, [*rules, *kind.__metadata__])
    elif origin in (Union, UnionType):
        for part in get_args(kind):
            yield from unbounded(part, rules)
    elif origin is not None and origin is not Literal:
        yield from _in_many(kind, rules)
    elif not _is_finite(kind):
        yield from _in_one(kind, rules)


def _in_one(kind: Any, rules: Collection[object]) -> Iterator[str]:
    if kind in NUMBERS and not (_any(rules, "ge", "gt") and _any(rules, "le", "lt")):
        yield f"{kind.__name__} without a least and a most"
    if kind is str and not (_any(rules, "max_length") or any(map(_has_end, rules))):
        yield "a text without its length"
    if kind is not str and kind not in NUMBERS:
        yield f"{kind}, which this test does not know"


def _in_many(kind: Any, rules: Collection[object]) -> Iterator[str]:
    """As many as its names are, where they are of a map and given one by one."""
    parts = get_args(kind)
    is_given = get_origin(kind) in MAPS and _is_finite(parts[0])
    if not is_given and not _any(rules, "max_length"):
        yield "a list or a map without its length"
    for part in parts:
        if part is not Ellipsis:
            yield from unbounded(part)


def _is_finite(kind: Any) -> bool:
    if get_origin(kind) is Literal or kind in (bool, NoneType):
        return True
    return isinstance(kind, type) and issubclass(kind, Enum | BaseModel)


def _flat(rules: Iterable[object]) -> Iterator[object]:
    for rule in rules:
        yield from _flat(rule.metadata) if isinstance(rule, FieldInfo) else [rule]


def _any(rules: Iterable[object], *names: str) -> bool:
    return any(getattr(rule, name, None) is not None for rule in rules for name in names)


def _has_end(rule: object) -> bool:
    pattern = getattr(rule, "pattern", None)
    if pattern is None:
        return isinstance(rule, Text)
    return not WITHOUT_END.search(re.sub(r"\[[^]]*\]", "", pattern))


def faults_in(body: type[BaseModel]) -> list[str]:
    return [
        f"{body.__name__}.{name}: {fault}"
        for name, field in body.model_fields.items()
        if (body.__name__, name) not in READ_OTHERWISE
        for fault in unbounded(field.annotation, field.metadata)
    ]


def parameters_of(dependant: Dependant) -> Iterator[FieldInfo]:
    yield from (one.field_info for one in (*dependant.path_params, *dependant.query_params))
    for inner in dependant.dependencies:
        yield from parameters_of(inner)


def test_every_field_of_every_body_is_bounded() -> None:
    found = list(bodies())
    assert {body.__module__.split(".")[0] for body in found} >= {
        f"clinic_{s.name}" for s in SERVICES
    }
    assert [fault for body in found for fault in faults_in(body)] == []


def test_every_number_and_time_in_a_path_or_a_query_is_bounded() -> None:
    """A text there is no longer than the request's first line."""
    for route in (route for service in SERVICES for route in service.routes):
        for one in parameters_of(route.dependant):
            faults = unbounded(one.annotation, one.metadata)
            assert [f for f in faults if "a text" not in f] == [], (route.operation_id, one.alias)


class Endless(BaseModel):
    whole: int
    least: Annotated[int, "ge"]
    day: date | None
    at: AwareDatetime
    text: str
    code: Annotated[str, FieldInfo(pattern=r"^[a-z]+$")]
    texts: list[Annotated[str, Text(10)]]
    members: dict[str, bool]
    pairs: tuple[int, ...]


@pytest.mark.parametrize("name", Endless.model_fields)
def test_what_has_no_end_is_found(name: str) -> None:
    field = Endless.model_fields[name]
    assert list(unbounded(field.annotation, field.metadata)) != []
