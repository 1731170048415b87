"""The web's part around every endpoint, whatever is sent to it."""

from typing import Annotated, Any

import pytest
from fastapi import Depends, Request

from clinic_events import tracing
from clinic_events.errors import Unavailable
from clinic_events.ports import DuplicateKey
from clinic_platform.audit import AuditOutcome
from clinic_platform.auth import (
    BadPolicy,
    Policy,
)
from clinic_platform.web import (
    Router,
    create_app,
)
from clinic_platform.web.app import BadRoutes
from tests.support.web import CANARY, GOOD, Book, Clinic, FakeKit, SlotHasPassed, is_problem, router


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


async def test_a_done_command_is_answered_as_done_even_when_it_could_not_be_done_now(
    clinic: Clinic,
) -> None:
    """A front-end that has lost the answer asks again, when the slot has been taken: by itself."""
    first = await clinic.book()
    clinic.things.fail = SlotHasPassed()

    again = await clinic.book()

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert {entry.outcome for entry in clinic.kit.audit.entries} == {AuditOutcome.DONE}
    assert is_problem(await clinic.book(key="k-2"), 409, "slot_has_passed")
    assert is_problem(await clinic.book({**GOOD, "note": "other"}), 422, "key_reused")


async def test_a_request_that_cannot_be_read_is_answered_that_its_key_was_another_ones(
    clinic: Clinic,
) -> None:
    await clinic.book()

    assert is_problem(await clinic.book(b"{"), 422, "key_reused")
    assert is_problem(await clinic.book(b"{", key="k-2"), 422, "unreadable_request")


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
    assert len(clinic.things.asked) == 3
    assert len(clinic.things.booked) == 1


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


async def test_a_request_that_cannot_be_noted_is_not_answered(clinic: Clinic) -> None:
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


async def test_a_stale_version_is_answered_with_the_current_one(clinic: Clinic) -> None:
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
    nameless, framework, blocking, leaning = Router(), Router(), Router(), Router()

    @nameless.get("/x")
    async def x() -> None: ...

    @framework.post("/y", operation_id="y")
    async def y(body: dict[str, str]) -> None: ...

    @blocking.get("/z", operation_id="z")
    def z() -> None: ...

    def things(request: Request) -> object:
        return request.app.state.things

    @leaning.get("/w", operation_id="w")
    async def w(of: Annotated[object, Depends(things)]) -> None: ...

    for unfit, complaint in (
        (nameless, "operation_id"),
        (framework, "JsonBody"),
        (blocking, "asynchronous"),
        (leaning, "depends on things"),
    ):
        with pytest.raises(BadRoutes, match=complaint):
            an_app(unfit, {})
