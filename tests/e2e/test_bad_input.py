"""Whatever is sent to a running service, its answer is a clear refusal that repeats none of it."""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from tests.support.visitor import Body, Visitor, fault_of

LIMIT: Final = 64 * 1024
LONGEST_NAME: Final = 100


UNREADABLE: Final[Mapping[str, Body]] = {
    "nothing at all": b"",
    "half an object": b'{"zwcanary":',
    "two objects": b"{}{}",
    "no UTF-8": b'{"zwcanary": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a list": b'["zwcanary"]',
    "text": b'"zwcanary"',
    "a number": b"1",
    "null": b"null",
    "a field nobody knows": b'{"zwcanary": "zwcanary"}',
    "half a surrogate": b'{"zwcanary": "\\ud800"}',
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"zwcanary":' * 4_000,
}
# Sent in every field a body has.
WRONG: Final[Mapping[str, bytes]] = {
    "not a number": b"NaN",
    "without end": b"-Infinity",
    "more than a number holds": b"1e999",
    "thousands of digits": b"9" * 5_000,
    "an object": b'{"zwcanary": ["zwcanary"]}',
    "control characters": rb'"zwcanary\u0000\u001b\r\nBcc: zwcanary@example.org"',
    "half a surrogate": rb'"\ud800"',
    "deep lists": b"[" * 400 + b"]" * 400,
}
TOO_LARGE: Final[Mapping[str, Body]] = {
    "100 000 brackets": b"[" * 100_000,
    "more than 64 KiB": b'{"zwcanary": "' + b"a" * LIMIT + b'"}',
    "more than 64 KiB in chunks": [b'{"zwcanary": "', *([b"a" * 1024] * 70), b'"}'],
}
MEDIA_TYPES: Final[Mapping[str, Mapping[str, str]]] = {
    "none": {},
    "text": {"Content-Type": "text/plain"},
    "a form": {"Content-Type": "application/x-www-form-urlencoded"},
    "parts": {"Content-Type": "multipart/form-data; boundary=zwcanary"},
    "XML": {"Content-Type": "application/xml"},
    "another character set": {"Content-Type": "application/json; charset=utf-16"},
    "compressed": {"Content-Type": "application/json", "Content-Encoding": "gzip"},
}


def together(fields: Sequence[str]) -> list[Sequence[str]]:
    """As many at a time as the longest of the wrong values leave room for in one body."""
    most = LIMIT // (max(map(len, WRONG.values())) + LONGEST_NAME)
    return [fields[start : start + most] for start in range(0, len(fields), most)]


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_what_cannot_be_read_is_refused(visitor: Visitor, kind: str) -> None:
    for operation in visitor.changes:
        assert fault_of(await visitor.send(operation, UNREADABLE[kind]), 422) == "", operation.id


@pytest.mark.parametrize("kind", WRONG)
async def test_a_value_that_cannot_be_is_refused_with_its_place_and_rule(
    visitor: Visitor, kind: str
) -> None:
    for operation in filter(lambda operation: operation.fields, visitor.changes):
        fields = operation.fields or ()
        for some in together(fields):
            members = b", ".join(b'"%s": %s' % (name.encode(), WRONG[kind]) for name in some)
            answer = await visitor.send(operation, b"{" + members + b"}")
            assert fault_of(answer, 422) == "", operation.id
            pointers = [error["pointer"] for error in answer.json()["errors"]]
            assert {pointer.split("/")[1] for pointer in pointers if pointer} <= {*fields}


@pytest.mark.parametrize("kind", TOO_LARGE)
async def test_what_is_too_large_is_refused_before_it_is_read(visitor: Visitor, kind: str) -> None:
    for operation in visitor.changes:
        assert fault_of(await visitor.send(operation, TOO_LARGE[kind]), 413) == "", operation.id


@pytest.mark.parametrize("kind", MEDIA_TYPES)
async def test_a_body_that_is_not_declared_as_json_is_refused(visitor: Visitor, kind: str) -> None:
    for operation in visitor.changes:
        answer = await visitor.send(operation, headers=MEDIA_TYPES[kind])
        assert fault_of(answer, 415) == "", operation.id
