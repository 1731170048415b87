"""A small web service of things, on a kit in memory."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import httpx
from fastapi import Depends, Request, Response
from pydantic import SecretStr

from clinic_events import tracing
from clinic_events.errors import Unavailable
from clinic_events.ports import DuplicateKey
from clinic_platform.audit import Audit, Entry
from clinic_platform.auth import (
    Authenticator,
    Caller,
    Grant,
    NotAuthenticated,
    Policy,
    Principal,
)
from clinic_platform.clock import Clock
from clinic_platform.idempotency import Idempotency, Key, KeyReused, Stored
from clinic_platform.settings import ServiceSettings
from clinic_platform.testing import NOON
from clinic_platform.web import (
    ETag,
    JsonBody,
    Moment,
    Page,
    Router,
    Sent,
    StaleVersion,
    Text,
    caller,
    create_app,
    if_match,
    page_of,
)

T = TypeVar("T")
CANARY = "Testa-Sample-Canary"


class Book(Sent):
    at: Moment
    note: Annotated[str, Text(20)] = "none"
    weight: float = 0
    tags: dict[str, int] | None = None


class SlotHasPassed(Exception):
    def __init__(self) -> None:
        super().__init__("The slot has passed.")
        self.alternatives = ["2030-01-08"]


class NoSuchThing(Exception):
    pass


router = Router()


@router.post("/v1/things", operation_id="book_thing", status_code=201)
async def book_thing(
    command: Annotated[Book, JsonBody(Book)],
    by: Annotated[Caller, Depends(caller)],
    request: Request,
) -> dict[str, Any]:
    state = request.app.state.things
    state.asked.append(command)
    state.booked.append(command)
    if state.fail is not None:
        raise state.fail
    return {"id": f"thg_{len(state.booked)}", "by": by.actor, "note": command.note}


@router.get("/v1/things/{thing_id}", operation_id="read_thing")
async def read_thing(thing_id: str, response: Response) -> dict[str, str]:
    if thing_id != "thg_1":
        raise NoSuchThing("There is no such thing.")
    ETag(response, 3)
    cause = tracing.current()
    return {"cause": "" if cause is None else cause.correlation_id}


@router.get("/v1/things", operation_id="list_things")
async def list_things(page: Annotated[Page, Depends()]) -> dict[str, Any]:
    names = [f"thg_{n}" for n in range(5)]
    following = [name for name in names if page.key is None or name > page.key]
    return page_of(following[: page.fetch], page, key=str)


@router.patch("/v1/things/{thing_id}", operation_id="change_thing")
async def change_thing(thing_id: str, expected: Annotated[int, Depends(if_match)]) -> None:
    if expected != 3:
        raise StaleVersion(3)


@router.post("/v1/enquiries", operation_id="enquire", status_code=202)
async def enquire() -> dict[str, str]:
    return {"id": "enq_1"}


POLICY: dict[str, object] = {
    "operations": {
        "book_thing": {"roles": ["nurse"]},
        "read_thing": {"roles": ["nurse", "auditor"]},
        "list_things": {"roles": ["nurse"]},
        "change_thing": {"roles": ["nurse"]},
        "enquire": {"public": True},
    }
}


class MemoryDatabase:
    """Runs the work as often as it is set to, as a database does when others write; what an attempt
    that fails, or is made again, has put into what it `holds` is taken out."""

    def __init__(self) -> None:
        self.attempts = 1
        self.opened = 0
        self._held: list[list[Any]] = []

    def holds(self, rows: list[T]) -> list[T]:
        self._held.append(rows)
        return rows

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        self.opened += 1
        for _ in range(self.attempts - 1):
            before = self._copied()
            await work()
            self._undo(before)
        before = self._copied()
        try:
            return await work()
        except BaseException:
            self._undo(before)
            raise

    def after_commit(self, callback: Callable[[], None]) -> None:
        callback()

    def _copied(self) -> list[list[Any]]:
        return [list(rows) for rows in self._held]

    def _undo(self, before: list[list[Any]]) -> None:
        for rows, copied in zip(self._held, before, strict=True):
            rows[:] = copied


class MemoryIdempotency(Idempotency):
    def __init__(self, database: MemoryDatabase) -> None:
        self.rows = database.holds(list[tuple[Key, Stored]]())

    async def keep(self, key: Key, answer: Stored) -> None:
        if any(kept.name == key.name for kept, _ in self.rows):
            raise DuplicateKey("idempotency", {"_id": key.name})
        self.rows.append((key, answer))

    async def answered_before(self, key: Key) -> Stored | None:
        for kept, answer in self.rows:
            if kept.name == key.name:
                if kept != key:
                    raise KeyReused
                return answer
        return None


class MemoryAudit(Audit):
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.is_away = False

    async def record(self, entry: Entry) -> None:
        if self.is_away:
            raise Unavailable("The database does not answer.")
        self.entries.append(entry)


class KnownTokens(Authenticator):
    """`Bearer nurse` is a nurse at loc_1."""

    def __init__(self) -> None:
        pass

    async def principal(self, authorization: str | None) -> Principal:
        if authorization is None:
            raise NotAuthenticated
        role = authorization.removeprefix("Bearer ")
        return Principal(f"usr_{role}", (Grant(role, frozenset({"loc_1"})),))


def some_settings(**changes: Any) -> ServiceSettings:
    settings = {
        "environment": "test",
        "auth_jwks_url": "http://127.0.0.1/jwks.json",
        "sealing_keys": SecretStr(
            '{"a": "' + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" + '"}'
        ),
        **changes,
    }
    return ServiceSettings(**settings)


@dataclass
class FakeKit:
    settings: ServiceSettings = field(default_factory=some_settings)
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    clock: Clock = lambda: NOON
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    authenticator: Authenticator = field(default_factory=KnownTokens)

    def __post_init__(self) -> None:
        self.idempotency = MemoryIdempotency(self.database)


@dataclass
class Things:
    """`booked` is in the database, `asked` remembers every attempt."""

    booked: list[Book]
    asked: list[Book] = field(default_factory=list)
    fail: Exception | None = None


class Clinic:
    def __init__(self, **settings: Any) -> None:
        self.kit = FakeKit(settings=some_settings(**settings))
        self.things = Things(self.kit.database.holds([]))
        app = create_app(
            self.kit,
            title="Things",
            routers=[router],
            problems={SlotHasPassed: 409, NoSuchThing: 404},
            policy=Policy.parse(POLICY),
            state={"things": self.things},
        )
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://clinic.example.org",
            headers={"Authorization": "Bearer nurse"},
        )

    async def book(self, body: Any = None, *, key: str = "k-1", **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body or GOOD).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return await self.http.post("/v1/things", content=content, headers=headers)


GOOD = {"at": "2030-01-07T12:00:00Z", "note": "fine"}


def is_problem(response: httpx.Response, status: int, code: str) -> bool:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["trace_id"] == response.headers["x-request-id"]
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    return True
