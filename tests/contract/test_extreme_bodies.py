"""Each value of each body's example, made extreme: it is refused, or one that a record can hold."""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, TypeAlias

import pytest

from clinic_platform.problems import UnreadableRequest
from clinic_platform.web import Sent
from clinic_platform.web.bodies import BodyReader
from tests.contract.test_bodies import bodies

Place: TypeAlias = tuple[str | int, ...]

EXTREMES: Final[Mapping[str, object]] = {
    "thirty digits": 10**30,
    "thirty digits below nothing": -(10**30),
    "sixty-four bits and one": 2**63,
    "a huge number": 1e308,
    "a tiny number": 5e-324,
    "the first day": "0001-01-01",
    "the last day": "9999-12-31",
    "the first instant": "0001-01-01T00:00:00+14:00",
    "the last instant": "9999-12-31T23:59:59.999999-14:00",
    "a long text": "a" * 50_000,
    "a long list": [0] * 10_000,
}
LONGEST: Final = 20_000
FURTHEST: Final = [timezone(timedelta(hours=hours)) for hours in (-14, 14)]


def examples() -> Iterator[tuple[type[Sent], Any]]:
    for body in bodies():
        shown: Any = body.model_json_schema().get("examples")
        if shown:
            yield body, shown[0]


def places_in(part: object, at: Place = ()) -> Iterator[Place]:
    if at:
        yield at
    if isinstance(part, dict):
        for name, inner in part.items():
            yield from places_in(inner, (*at, name))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from places_in(inner, (*at, number))


def with_value(example: Any, at: Place, value: object) -> bytes:
    changed = deepcopy(example)
    holder = changed
    for part in at[:-1]:
        holder = holder[part]
    holder[at[-1]] = value
    return json.dumps(changed).encode()


def can_be_kept(value: object) -> bool:
    match value:
        case bool() | float() | None:
            return True
        case int():
            return abs(value) < 2**63
        case str():
            return len(value) <= LONGEST
        case datetime():
            return all(value.astimezone(zone) for zone in FURTHEST)
        case date():
            return date(2, 1, 1) <= value <= date(9998, 1, 1)
        case Mapping():
            return all(can_be_kept(inner) for inner in value.values())
        case Sequence() | set() | frozenset():
            return len(value) <= LONGEST and all(can_be_kept(inner) for inner in value)
        case _:
            return True


@pytest.mark.parametrize("name", EXTREMES)
def test_an_extreme_value_is_refused_or_can_be_kept(name: str) -> None:
    found = list(examples())
    assert len(found) > 50
    for body, example in found:
        reader = BodyReader(body)
        assert can_be_kept(reader.read(json.dumps(example).encode()).model_dump())
        for at in places_in(example):
            try:
                sent = reader.read(with_value(example, at, EXTREMES[name]))
            except UnreadableRequest:
                continue
            kept = sent.model_dump(exclude={"draft"})  # a protocol that is kept nowhere
            assert can_be_kept(kept), (body.__name__, at)


@pytest.mark.parametrize("name", ["thirty digits", "a long text", "sixty-four bits and one"])
def test_what_no_record_holds_is_known_as_such(name: str) -> None:
    assert not can_be_kept({"inner": [EXTREMES[name]]})
