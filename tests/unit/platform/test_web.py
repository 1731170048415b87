"""What the web does around every endpoint, whatever is sent to it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import httpx
import pytest
from fastapi import Depends, Request, Response
from pydantic import AwareDatetime, SecretStr

from clinic_events import tracing
from clinic_events.errors import Unavailable
from clinic_events.ports import DuplicateKey
from clinic_platform.audit import Audit, AuditOutcome, Entry
from clinic_platform.auth import (
    Authenticator,
    BadPolicy,
    Caller,
    Grant,
    NotAuthenticated,
    Policy,
    Principal,
)
from clinic_platform.clock import Clock
from clinic_platform.idempotency import Attempt, Idempotency, KeyInFlight, KeyReused, Stored
from clinic_platform.problems import BodyTooSlow
from clinic_platform.settings import ServiceSettings
from clinic_platform.testing import NOON
from clinic_platform.web import (
    ETag,
    JsonBody,
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
from clinic_platform.web.app import BadRoutes
from clinic_platform.web.limits import read_body

T = TypeVar("T")
CANARY = "Testa-Sample-Canary"


class Book(Sent):
    at: AwareDatetime
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
    """Runs the work as often as it is told, as a database does when others write."""

    def __init__(self) -> None:
        self.attempts = 1
        self.opened = 0

    async def transaction(self, work: Callable[[], Awaitable[T]]) -> T:
        self.opened += 1
        for _ in range(self.attempts - 1):
            await work()
        return await work()

    def after_commit(self, callback: Callable[[], None]) -> None:
        callback()


class MemoryIdempotency(Idempotency):
    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, Stored | None]] = {}

    async def begin(self, key: str, fingerprint: str) -> Stored | Attempt:
        if key not in self.rows:
            self.rows[key] = (fingerprint, None)
            return Attempt(key, "token")
        before, stored = self.rows[key]
        if before != fingerprint:
            raise KeyReused
        if stored is None:
            raise KeyInFlight
        return stored

    async def finish(self, attempt: Attempt, answer: Stored) -> None:
        self.rows[attempt.key] = (self.rows[attempt.key][0], answer)

    async def abandon(self, attempt: Attempt) -> None:
        if self.rows[attempt.key][1] is None:
            del self.rows[attempt.key]


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
    told = {
        "environment": "test",
        "auth_jwks_url": "http://127.0.0.1/jwks.json",
        "sealing_keys": SecretStr(
            '{"a": "' + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" + '"}'
        ),
        **changes,
    }
    return ServiceSettings(**told)


@dataclass
class FakeKit:
    settings: ServiceSettings = field(default_factory=some_settings)
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    clock: Clock = lambda: NOON
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    idempotency: MemoryIdempotency = field(default_factory=MemoryIdempotency)
    authenticator: Authenticator = field(default_factory=KnownTokens)


@dataclass
class Things:
    booked: list[Book] = field(default_factory=list)
    fail: Exception | None = None


class Clinic:
    def __init__(self, **settings: Any) -> None:
        self.kit = FakeKit(settings=some_settings(**settings))
        self.things = Things()
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


@pytest.fixture
async def clinic() -> AsyncIterator[Clinic]:
    clinic = Clinic()
    yield clinic
    await clinic.http.aclose()


def is_problem(response: httpx.Response, status: int, code: str) -> bool:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["trace_id"] == response.headers["x-request-id"]
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    return True


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


async def test_an_error_says_where_and_which_rule(clinic: Clinic) -> None:
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


async def test_a_command_sent_again_is_answered_again_and_not_done_again(clinic: Clinic) -> None:
    first, second = await clinic.book(), await clinic.book()

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(clinic.things.booked) == 1


async def test_a_key_is_for_one_body_and_one_caller(clinic: Clinic) -> None:
    await clinic.book()

    assert is_problem(await clinic.book({**GOOD, "note": "other"}), 422, "key_reused")
    clinic.http.headers["Authorization"] = "Bearer auditor"
    assert is_problem(await clinic.book(), 403, "forbidden")


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "umlaut-\u00e4".encode("latin-1")])
async def test_a_post_needs_a_key(clinic: Clinic, key: str | bytes) -> None:
    headers: Any = {"Content-Type": "application/json", "Idempotency-Key": key}
    response = await clinic.http.post("/v1/things", json=GOOD, headers=headers)

    assert is_problem(response, 400, "idempotency_key_required")


async def test_what_is_under_way_is_not_begun_twice(clinic: Clinic) -> None:
    await clinic.book()
    [key] = clinic.kit.idempotency.rows
    clinic.kit.idempotency.rows[key] = (clinic.kit.idempotency.rows[key][0], None)

    response = await clinic.book()

    assert is_problem(response, 409, "key_in_flight")
    assert response.headers["retry-after"] == "1"


async def test_a_refused_command_may_be_tried_again_with_its_key(clinic: Clinic) -> None:
    clinic.things.fail = SlotHasPassed()
    refused = await clinic.book()
    clinic.things.fail = None

    assert is_problem(refused, 409, "slot_has_passed")
    assert refused.json()["alternatives"] == ["2030-01-08"]
    assert (await clinic.book()).status_code == 201


async def test_a_transaction_that_runs_again_sees_the_body_again(clinic: Clinic) -> None:
    clinic.kit.database.attempts = 3

    response = await clinic.book()

    assert response.status_code == 201
    assert len(clinic.things.booked) == 3


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable(CANARY), 503, "unavailable"),
        (DuplicateKey(CANARY, {CANARY: CANARY}), 409, "conflict"),
        (ValueError(CANARY), 500, "internal_error"),
        (RecursionError(CANARY), 500, "internal_error"),
    ],
)
async def test_the_inside_of_an_error_stays_inside(
    clinic: Clinic, error: Exception, status: int, code: str
) -> None:
    clinic.things.fail = error

    response = await clinic.book()

    assert is_problem(response, status, code)
    assert CANARY not in response.text
    assert ("retry-after" in response.headers) == (status == 503)
    assert response.headers["cache-control"] == "no-store"


async def test_without_a_login_nothing_is_done(clinic: Clinic) -> None:
    del clinic.http.headers["Authorization"]

    response = await clinic.book()

    assert is_problem(response, 401, "not_authenticated")
    assert response.headers["www-authenticate"] == "Bearer"
    assert clinic.kit.audit.entries == []


async def test_every_change_read_refusal_and_denial_is_noted(clinic: Clinic) -> None:
    await clinic.book()
    await clinic.http.get("/v1/things/thg_1", params={"location_id": "loc_1"})
    await clinic.http.get("/v1/things/thg_2")
    await clinic.http.get("/v1/things", headers={"Authorization": "Bearer auditor"})

    noted = [(e.action, e.outcome, e.object_id, e.reason) for e in clinic.kit.audit.entries]
    assert noted == [
        ("book_thing", AuditOutcome.DONE, "", None),
        ("read_thing", AuditOutcome.READ, "thg_1", None),
        ("read_thing", AuditOutcome.REFUSED, "thg_2", "no_such_thing"),
        ("list_things", AuditOutcome.DENIED, "", "forbidden"),
    ]
    assert clinic.kit.audit.entries[1].location_id == "loc_1"


async def test_what_cannot_be_noted_is_not_answered(clinic: Clinic) -> None:
    clinic.kit.audit.is_away = True

    assert is_problem(await clinic.http.get("/v1/things/thg_1"), 503, "unavailable")
    assert is_problem(await clinic.book(), 503, "unavailable")


async def test_reads_open_no_transaction_and_changes_exactly_one(clinic: Clinic) -> None:
    await clinic.http.get("/v1/things/thg_1")
    assert clinic.kit.database.opened == 0
    await clinic.http.patch("/v1/things/thg_1", headers={"If-Match": '"3"'})
    assert clinic.kit.database.opened == 1


@pytest.mark.parametrize("value", [None, "3", 'W/"3"', "*", '"x"', '"' + "9" * 50 + '"'])
async def test_a_change_needs_the_version_that_was_read(clinic: Clinic, value: str | None) -> None:
    headers = {} if value is None else {"If-Match": value}

    response = await clinic.http.patch("/v1/things/thg_1", headers=headers)

    assert is_problem(response, 428, "if_match_required")


async def test_a_stale_version_is_told_the_current_one(clinic: Clinic) -> None:
    response = await clinic.http.patch("/v1/things/thg_1", headers={"If-Match": '"2"'})

    assert is_problem(response, 412, "stale_version")
    assert response.json()["current"] == 3
    read = await clinic.http.get("/v1/things/thg_1")
    assert read.headers["etag"] == '"3"'


async def test_a_list_is_read_to_its_end_by_its_cursor(clinic: Clinic) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = (await clinic.http.get("/v1/things", params=params)).json()
        seen += page["items"]
        if not page["has_more"]:
            break
        params["after"] = page["after"]

    assert seen == [f"thg_{n}" for n in range(5)]
    assert page["after"] is None


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"limit": CANARY}, {"after": CANARY + "\u00e4"}]
)
async def test_a_bad_query_is_refused_without_repeating_it(
    clinic: Clinic, params: dict[str, Any]
) -> None:
    response = await clinic.http.get("/v1/things", params=params)

    assert is_problem(response, 422, "unreadable_request")
    assert CANARY not in response.text


async def test_unknown_paths_and_methods_are_problems_too(clinic: Clinic) -> None:
    assert is_problem(await clinic.http.get("/v1/nothing"), 404, "not_found")
    assert is_problem(await clinic.http.delete("/v1/things"), 405, "method_not_allowed")
    assert is_problem(await clinic.http.request("TRACE", "/v1/things"), 405, "method_not_allowed")


async def test_every_answer_has_its_manners(clinic: Clinic) -> None:
    response = await clinic.http.get("/v1/things/thg_1", headers={"X-Correlation-ID": "visit-0001"})

    assert response.json() == {"cause": "visit-0001"}
    assert response.headers["x-correlation-id"] == "visit-0001"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in response.headers
    assert tracing.current() is None


@pytest.mark.parametrize("value", ["short", "with space here", "x" * 65, "<script>alert</script>"])
async def test_a_strange_correlation_is_replaced(clinic: Clinic, value: str) -> None:
    response = await clinic.http.get("/v1/nothing", headers={"X-Correlation-ID": value})

    assert response.headers["x-correlation-id"] == response.headers["x-request-id"]


async def test_anybody_may_enquire_but_not_without_end() -> None:
    clinic = Clinic(public_requests_per_minute=2)
    del clinic.http.headers["Authorization"]
    answers = [
        await clinic.http.post("/v1/enquiries", headers={"Idempotency-Key": f"k-{n}"})
        for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[0].headers["ratelimit-remaining"] == "1"
    assert int(answers[2].headers["retry-after"]) > 0
    assert is_problem(answers[2], 429, "too_many_requests")
    await clinic.http.aclose()


async def test_the_description_shows_bodies_and_stays_at_home_in_production(
    clinic: Clinic,
) -> None:
    document = (await clinic.http.get("/openapi.json")).json()

    body = document["paths"]["/v1/things"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Book"}
    assert set(document["components"]["schemas"]["Book"]["properties"]) == set(Book.model_fields)
    production = Clinic(
        environment="production",
        auth_jwks_url="https://issuer.example.org/jwks.json",
        auth_issuer="https://issuer.example.org",
        mongo_url="mongodb://mongo.example.org",
        kafka_bootstrap_servers="kafka.example.org:9092",
    )
    assert (await production.http.get("/openapi.json")).status_code == 404
    await production.http.aclose()


def an_app(one: Router, operations: dict[str, object]) -> None:
    policy = Policy.parse({"operations": operations})
    create_app(FakeKit(), title="x", routers=[one], problems={}, policy=policy, state={})


def test_routes_and_policy_must_fit() -> None:
    with pytest.raises(BadPolicy, match="enquire"):
        an_app(router, {"book_thing": {"public": True}})
    with pytest.raises(BadPolicy, match="another"):
        an_app(Router(), {"another": {"public": True}})


def test_a_route_needs_an_operation_and_takes_its_body_our_way() -> None:
    nameless, framework, blocking = Router(), Router(), Router()

    @nameless.get("/x")
    async def x() -> None: ...

    @framework.post("/y", operation_id="y")
    async def y(body: dict[str, str]) -> None: ...

    @blocking.get("/z", operation_id="z")
    def z() -> None: ...

    for unfit, complaint in (
        (nameless, "operation_id"),
        (framework, "JsonBody"),
        (blocking, "asynchronous"),
    ):
        with pytest.raises(BadRoutes, match=complaint):
            an_app(unfit, {})
