"""The public door, over HTTP and on a real database."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.outcomes import CALM, VECTOR
from tests.support.outcomes.server import Service, a_service

NOTHING = {"code": "survey_not_found", "status": 404}


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://clinic.example.org") as http:
        yield http


async def begun(http: httpx.AsyncClient, secret: str, *, key: str = "begin-1") -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return await http.post("/v1/survey-sessions", json={"secret": secret}, headers=headers)


async def sitting(service: Service, http: httpx.AsyncClient) -> dict[str, str]:
    """The header that names what is being answered."""
    opened = await begun(http, await service.survey_link())
    assert opened.status_code == 201, opened.text
    return {"Survey-Credential": opened.json()["credential"]}


async def answered(
    http: httpx.AsyncClient, credential: dict[str, str], answers: object, *, key: str
) -> httpx.Response:
    headers = {**credential, "Idempotency-Key": key}
    path = "/v1/survey-sessions/current/answers"
    return await http.post(path, json={"answers": answers}, headers=headers)


async def test_answers_score_and_alert_are_one_transaction(
    service: Service, http: httpx.AsyncClient
) -> None:
    credential = await sitting(service, http)
    response = await answered(http, credential, VECTOR, key="answer-1")
    assert response.status_code == 200
    assert response.json()["crisis"]["phone"] == "988"
    [score] = await service.published("outcomes.score_recorded.v1")
    assert (score["total"], score["band"]) == (9, "mild")
    assert len(await service.published("outcomes.risk_raised.v1")) == 1
    assert len(await service.alerts()) == 1


async def test_of_many_submissions_at_once_one_counts_and_all_get_its_answer(
    service: Service, http: httpx.AsyncClient
) -> None:
    credential = await sitting(service, http)
    together = [answered(http, credential, VECTOR, key=f"answer-{n}") for n in range(5)]
    responses = await asyncio.gather(*together)
    assert {response.status_code for response in responses} == {200}
    assert len({response.text for response in responses}) == 1
    assert len(await service.published("outcomes.survey_answered.v1")) == 1
    assert len(await service.published("outcomes.risk_raised.v1")) == 1


async def test_a_used_an_unknown_and_a_missing_secret_get_the_same_answer(
    service: Service, http: httpx.AsyncClient
) -> None:
    secret = await service.survey_link()
    opened = await begun(http, secret)
    credential = {"Survey-Credential": opened.json()["credential"]}
    await answered(http, credential, CALM, key="answer-1")
    used, unknown = await begun(http, secret, key="used"), await begun(http, "x" * 43, key="no")
    gone = await http.get("/v1/survey-sessions/current")
    seen = [{name: r.json()[name] for name in NOTHING} for r in (used, unknown, gone)]
    assert seen == [NOTHING] * 3
    assert used.json()["detail"] == unknown.json()["detail"]


async def test_reading_the_page_or_the_form_changes_nothing(
    service: Service, http: httpx.AsyncClient
) -> None:
    credential = await sitting(service, http)
    assignments = service.kit.database.collection("assignments")
    before = await assignments.find({})
    assert (await http.get("/s")).status_code == 200
    current = await http.get("/v1/survey-sessions/current", headers=credential)
    assert [item["id"] for item in current.json()["form"]["items"]][:2] == ["1", "2"]
    assert await assignments.find({}) == before


async def test_a_draft_is_kept_and_heeded(service: Service, http: httpx.AsyncClient) -> None:
    credential = await sitting(service, http)
    path = "/v1/survey-sessions/current"
    calm = await http.put(path, json={"answers": {"1": 2}}, headers=credential)
    assert calm.json() == {"crisis": None}
    grave = await http.put(path, json={"answers": {"1": 2, "9": 2}}, headers=credential)
    assert grave.json()["crisis"]["phone"] == "988"
    current = await http.get(path, headers=credential)
    assert current.json()["draft"] == {"1": 2, "9": 2}
    assert len(await service.alerts()) == 1


@pytest.mark.parametrize("answers", [{"1": 4}, {"11": 0}, {"1": "2"}, {"1": True}, [], None])
async def test_answers_that_do_not_fit_are_refused_without_being_repeated(
    service: Service, http: httpx.AsyncClient, answers: object
) -> None:
    credential = await sitting(service, http)
    response = await answered(http, credential, answers, key="answer-1")
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/answers")
    assert await service.published("outcomes.survey_answered.v1") == []


async def test_two_surveys_answered_at_once_make_one_alert(
    service: Service, http: httpx.AsyncClient
) -> None:
    credentials = []
    for number in (1, 2):
        secret = await service.survey_link(key=f"survey:ses_{number}:x")
        opened = await begun(http, secret, key=f"begin-{number}")
        credentials.append({"Survey-Credential": opened.json()["credential"]})
    together = [answered(http, c, VECTOR, key=f"answer-{n}") for n, c in enumerate(credentials)]
    responses = await asyncio.gather(*together)
    assert [response.status_code for response in responses] == [200, 200]
    [alert] = await service.alerts()
    assert len(alert["evidence"]) == 2


@pytest.mark.parametrize("path", ["/v1/risk-alerts", "/v1/patients/pat_testa/scores"])
async def test_what_clinicians_read_needs_a_login(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 401
