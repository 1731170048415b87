"""Bodies, whatever is in them: read our way, or refused without repeating them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Request

from clinic_platform.problems import BodyTooSlow
from clinic_platform.web.limits import read_body
from tests.support.web import (
    CANARY,
    GOOD,
    Clinic,
    is_problem,
)


def body_with(name: str, literal: str) -> bytes:
    return b'{"at": "2030-01-07T12:00:00Z", "%s": %s}' % (name.encode(), literal.encode())


DEEP_TAGS = '{"a":' * 500 + "1" + "}" * 500
BAD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "null": b"null",
    "array": b"[]",
    "text": b'"text"',
    "half an object": b'{"at": ',
    "NaN": body_with("weight", "NaN"),
    "Infinity": body_with("weight", "-Infinity"),
    "1e999": body_with("weight", "1e999"),
    "a huge integer": body_with("weight", "9" * 5_000 + "x"),
    "number as text": body_with("weight", '"1.5"'),
    "lone surrogate": body_with("note", '"\\ud800"'),
    "surrogate bytes": b'{"note": "\xed\xa0\x80"}',
    "broken bytes": b'{"note": "\xff\xfe"}',
    "500 deep": body_with("tags", DEEP_TAGS),
    "30k deep": b"[" * 30_000 + b"]" * 30_000,
    "60k open": b"[" * 60_000,
    "BOM": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "UTF-16 without BOM": json.dumps(GOOD).encode("utf-16-le"),
    "unknown keys": json.dumps({f"{CANARY}{n}": n for n in range(2_000)}).encode(),
    "an unknown key": json.dumps({**GOOD, CANARY: CANARY}).encode(),
    "the same key twice": b'{"at": "2030-01-07T12:00:00Z", "note": "a", "note": "b"}',
    "a time as a number": b'{"at": 0}',
    "a time as a number in text": b'{"at": "0"}',
    "the year 10000 as a number in text": b'{"at": "253402300800"}',
    "a time at the end of the calendar": b'{"at": "9999-12-31T23:59:59Z"}',
    "a time without a zone": b'{"at": "2030-01-07T12:00:00"}',
    "a canary as a time": json.dumps({"at": CANARY}).encode(),
    "a canary in a map": json.dumps({**GOOD, "tags": {CANARY: CANARY}}).encode(),
    "too long": body_with("note", '"' + CANARY * 30 + '"'),
    "NUL": body_with("note", '"a\\u0000b"'),
    "a line break": body_with("note", '"a\\r\\nBcc: b"'),
    "text turned around": body_with("note", '"a\\u202eb"'),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_a_bad_body_is_refused_and_nothing_of_it_is_repeated(
    clinic: Clinic, body: bytes
) -> None:
    started = time.process_time()
    response = await clinic.book(body)

    assert is_problem(response, 422, "unreadable_request")
    assert CANARY not in response.text
    errors = response.json()["errors"]
    assert 1 <= len(errors) <= 20
    assert all(set(error) == {"pointer", "rule", "message"} for error in errors)
    assert time.process_time() - started < 1
    assert clinic.things.booked == []


async def test_an_error_names_the_place_and_the_rule(clinic: Clinic) -> None:
    response = await clinic.book({"note": "x" * 21, "at": "2030-01-07T12:00:00Z"})

    [error] = response.json()["errors"]
    assert (error["pointer"], error["rule"]) == ("/note", "string_too_long")


@pytest.mark.parametrize("size", [64 * 1024 + 1, 1_000_000])
async def test_a_large_body_is_refused_with_or_without_a_declared_length(
    clinic: Clinic, size: int
) -> None:
    assert is_problem(await clinic.book(b" " * size), 413, "body_too_large")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 1000 + 1):
            yield b" " * 1000

    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    response = await clinic.http.post("/v1/things", content=chunks(), headers=headers)
    assert is_problem(response, 413, "body_too_large")


async def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    async def never() -> Any:
        await asyncio.Event().wait()

    request = Request({"type": "http", "headers": [], "method": "POST"}, never)
    with pytest.raises(BodyTooSlow):
        await read_body(request, within=timedelta(milliseconds=10))


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Type": "text/plain"},
        {"Content_Type": ""},
        {"Content_Type": "application/json; charset=utf-16"},
        {"Content_Type": "application/jsonx"},
        {"Content_Encoding": "gzip"},
    ],
)
async def test_only_plain_json_is_read(clinic: Clinic, headers: dict[str, str]) -> None:
    assert is_problem(await clinic.book(**headers), 415, "unsupported_media_type")


async def test_text_is_kept_in_one_normal_form(clinic: Clinic) -> None:
    response = await clinic.book({**GOOD, "note": "  Zoe\u0308 "})

    assert response.json()["note"] == "Zo\u00eb"
