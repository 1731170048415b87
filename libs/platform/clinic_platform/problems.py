"""Refusals as RFC 9457 answers. The code is the error's class, the detail its own sentence.

Nothing that was sent is ever in an answer, and nothing about the inside of an error we did not
foresee: that one gets a trace id, by which the log has the rest.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from clinic_events.errors import OutOfTime, Unavailable
from clinic_events.ports import DuplicateKey, NothingMatched
from clinic_platform.auth import Forbidden, NotAuthenticated
from clinic_platform.idempotency import KeyReused

MEDIA_TYPE: Final = "application/problem+json"
# The fields an error may add to its sentence, so that the caller can go on.
EXTENSIONS: Final = (
    "allowed",
    "conflicts",
    "alternatives",
    "candidates",
    "proposal",
    "errors",
    "current",
)
UNAVAILABLE_FOR: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what was sent: where (JSON pointer), which rule; never the value."""

    pointer: str
    rule: str
    message: str


class UnreadableRequest(Exception):
    def __init__(self, errors: Sequence[Fault]) -> None:
        super().__init__("The request does not have the form it should have.")
        self.errors = tuple(errors)


class BodyTooLarge(Exception):
    def __init__(self, limit: int) -> None:
        super().__init__(f"A body has at most {limit} bytes.")
        self.headers = {"Connection": "close"}


class BodyTooSlow(Exception):
    def __init__(self) -> None:
        super().__init__("The body did not arrive in time.")
        self.headers = {"Connection": "close"}


class UnsupportedMediaType(Exception):
    def __init__(self) -> None:
        super().__init__("A body is application/json in UTF-8, not compressed.")


class IdempotencyKeyRequired(Exception):
    def __init__(self) -> None:
        super().__init__("An Idempotency-Key of 1 to 255 visible ASCII characters is needed.")


class IfMatchRequired(Exception):
    def __init__(self) -> None:
        super().__init__('If-Match is needed, with the version last read, as in "3".')


class StaleVersion(Exception):
    """The record has changed since the caller read it; `current` is its version now."""

    def __init__(self, current: int) -> None:
        super().__init__("It has changed since you read it. Read it again.")
        self.current = current


class TooManyRequests(Exception):
    def __init__(self, retry_after: timedelta, headers: Mapping[str, str]) -> None:
        super().__init__("Too many requests. Try again later.")
        self.retry_after = retry_after
        self.headers = dict(headers)


STATUSES: Final[Mapping[type[Exception], int]] = {
    BodyTooLarge: 413,
    BodyTooSlow: 408,
    DuplicateKey: 409,
    Forbidden: 403,
    IdempotencyKeyRequired: 400,
    IfMatchRequired: 428,
    KeyReused: 422,
    NotAuthenticated: 401,
    NothingMatched: 409,
    StaleVersion: 412,
    TooManyRequests: 429,
    Unavailable: 503,
    UnreadableRequest: 422,
    UnsupportedMediaType: 415,
}
# The database's own words about itself are no business of the caller.
UNAVAILABLE: Final = "unavailable", "A part we stand on does not answer. Try again."
SENTENCES: Final[Mapping[type[Exception], tuple[str, str]]] = {
    DuplicateKey: ("conflict", "Somebody else has just done something that excludes this."),
    NothingMatched: ("conflict", "Somebody else was faster. Read it again."),
    Unavailable: UNAVAILABLE,
    OutOfTime: UNAVAILABLE,
}


def answer(error: Exception, status: int, *, trace_id: str) -> JSONResponse:
    """The answer to a caller who is refused."""
    code, detail = SENTENCES.get(type(error), (code_of(error), str(error)))
    extras = {
        name: jsonable_encoder(value)
        for name in EXTENSIONS
        if (value := getattr(error, name, None)) is not None and not callable(value)
    }
    headers = {**getattr(error, "headers", {}), **_retry_after(error)}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status, code, detail, trace_id=trace_id, extras=extras, headers=headers)


def problem(
    status: int,
    code: str,
    detail: str | None,
    *,
    trace_id: str,
    extras: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    members: dict[str, object] = {
        "type": f"urn:clinic:problem:{code.replace('_', '-')}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "trace_id": trace_id,
        **({} if detail is None else {"detail": detail}),
        **(extras or {}),
    }
    return JSONResponse(members, status, dict(headers or {}), media_type=MEDIA_TYPE)


def code_of(error: Exception) -> str:
    """`slot_has_passed` of SlotHasPassed."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(error).__name__).lower()


def _retry_after(error: Exception) -> dict[str, str]:
    wait = getattr(
        error, "retry_after", UNAVAILABLE_FOR if isinstance(error, Unavailable) else None
    )
    return {} if wait is None else {"Retry-After": str(max(1, round(wait.total_seconds())))}
