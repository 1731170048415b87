"""What a patient says of themselves is in the database and in their mail, and nowhere else."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from clinic_ctl.demo import aftercare, arrival, treatment
from clinic_ctl.demo.play import next_monday
from clinic_ctl.demo.stage import FRONT_DESK, NURSE, PRESCRIBER, Stage
from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from clinic_events import PatientRegistered, PlanStarted, topics
from tests.support.records import all_of
from tests.support.stage import a_stage

# Plainly invented, and each with a word that nobody else would write.
NAME: Final = "Canaria Zwsurname"
GREETING: Final = "Zwgreeting"
EMAIL: Final = "zwemail@example.org"
PHONE: Final = "+1-555-0173"
BIRTH_DATE: Final = "1985-03-17"
REASON: Final = "zwreason: two medicines have not helped."
RATIONALE: Final = "zwrationale: no contraindication was found."
NOTE: Final = "zwnote: reached by telephone."
CLOSING: Final = "zwclosing: seen in person."
CANARIES: Final = (
    *("zwsurname", "zwgreeting", "zwemail", "555-0173", "5550173", "1985-03-17"),
    *("zwreason", "zwrationale", "zwnote", "zwclosing"),
)
AN_ID: Final = "zwsurname-zwemail"


def canaries_in(places: Mapping[str, bytes]) -> list[str]:
    """Where which canary sits, whatever its case."""
    return [
        f"{canary} in {place}"
        for place, content in places.items()
        for canary in CANARIES
        if canary.encode() in content.lower()
    ]


@dataclass(frozen=True, slots=True)
class Written:
    """Everything that was written while a patient with canaries went through the clinic."""

    patient: dict[str, object]
    letters: list[str]
    refusals: Mapping[str, httpx.Response]
    logs: Mapping[str, bytes]
    records: Mapping[str, bytes]
    metrics: Mapping[str, bytes]


@pytest.fixture(scope="module")
async def written(clinic: Stack) -> AsyncIterator[Written]:
    async with a_stage(clinic) as stage:
        await a_patient_is_cleared(stage)
        await treatment.book_series(stage, next_monday(await stage.now()))
        await treatment.cancel(stage, 0)
        await an_alert_is_closed(stage)
        await stage.settle()
        path = f"/v1/patients/{stage.patient_id}"
        yield Written(
            patient=await stage.doors.get(NURSE, "intake", path),
            letters=[letter["text"] for letter in await stage.letters() if EMAIL in letter["to"]],
            refusals=await refusals(clinic, stage),
            logs=logs_of(clinic.folder),
            records=await records_of(clinic.part("kafka").addresses["bootstrap_servers"]),
            metrics=await metrics_of(clinic, stage.client),
        )


async def a_patient_is_cleared(stage: Stage) -> None:
    await stage.wait_until(next_monday(await stage.now()))
    await arrival.open_place(stage)
    asked: dict[str, object] = {
        "location_id": stage.location_id,
        "name": NAME,
        "greeting_name": GREETING,
        "email": EMAIL,
        "phone": PHONE,
        "language": "en",
        "reason": REASON,
        "consent_to_contact": True,
        "preferred_channel": "email",
        "source": "website",
    }
    received = await stage.doors.post(None, "intake", "/v1/enquiries", asked)
    path = f"/v1/enquiries/{received['id']}/convert"
    made = await stage.doors.post(FRONT_DESK, "intake", path, {"birth_date": BIRTH_DATE})
    stage.patient_id = made["patient_id"]
    await stage.saw("A patient", PatientRegistered, about=stage.patient_id)
    await arrival.screen(stage)
    await arrival.consent(stage)
    await arrival.consult(stage)
    decision: dict[str, object] = {
        "decision": "cleared",
        "rationale": RATIONALE,
        "indication": "treatment_resistant_depression",
        "protocol": arrival.PROTOCOL,
    }
    path = f"/v1/patients/{stage.patient_id}/clearance"
    await stage.doors.post(PRESCRIBER, "intake", path, decision)
    stage.plan_id = (await stage.saw("A plan", PlanStarted, about=stage.patient_id)).plan_id
    await stage.settle()


async def an_alert_is_closed(stage: Stage) -> None:
    """A survey is answered by its link; its risk alert is noted on, and closed."""
    await aftercare.answer_with_risk(stage)
    doors = stage.doors
    found = await doors.get(NURSE, "outcomes", "/v1/risk-alerts", status="open")
    alert = f"/v1/risk-alerts/{found['items'][0]['id']}"
    await doors.post(NURSE, "outcomes", f"{alert}/acknowledge")
    await doors.post(NURSE, "outcomes", f"{alert}/notes", {"text": NOTE})
    follow_up = (await stage.now() + timedelta(days=2)).date().isoformat()
    closing: dict[str, object] = {"level": "low", "rationale": CLOSING, "follow_up_on": follow_up}
    await doors.post(PRESCRIBER, "outcomes", f"{alert}/close", closing)


async def refusals(clinic: Stack, stage: Stage) -> dict[str, httpx.Response]:
    """Canaries wherever a request can hold them, and nowhere where they belong."""
    token = clinic.issuer.mint("nurse", [stage.location_id], subject=EMAIL)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": AN_ID}
    answers: dict[str, httpx.Response] = {}

    async def send(what: str, service: str, path: str, **sent: object) -> None:
        method = "POST" if sent else "GET"
        url = f"{clinic.url(service)}{path}"
        request = stage.client.build_request(method, url, headers=headers, **sent)  # type: ignore[arg-type]  # one of json, content, params
        answers[f"{what} at {service}"] = await stage.client.send(request)

    for service in NAMES:
        await send("an unknown path", service, f"/v1/{AN_ID}")
    for service, path in CHANGES.items():
        await send("an unknown field", service, path, json={EMAIL: NAME, NAME: {REASON: [PHONE]}})
        await send("no JSON", service, path, content=f'{{"{NAME}": {EMAIL}'.encode())
        await send("a list", service, path, json=[NAME, EMAIL])
        await send("text", service, path, json=NAME)
    for service, path in READS.items():
        await send("an unknown id", service, path)
    return answers


CHANGES: Final = {
    "intake": "/v1/enquiries",
    "sessions": f"/v1/sessions/{AN_ID}/checks",
    "outcomes": f"/v1/risk-alerts/{AN_ID}/notes",
}
READS: Final = {
    "intake": f"/v1/patients/{AN_ID}",
    "sessions": f"/v1/sessions/{AN_ID}?q={EMAIL}",
    "notifications": f"/v1/patients/{AN_ID}/messages",
    "outcomes": f"/v1/risk-alerts?status={AN_ID}",
}


def logs_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.log"))}


async def records_of(bootstrap_servers: str) -> dict[str, bytes]:
    """Headers, key and value of everything on the topics, as the bytes they are."""
    return {
        f"{m.topic}/{m.partition}/{m.offset}": b"\n".join(
            [
                m.key or b"",
                m.value or b"",
                *(name.encode() + value for name, value in m.headers.items()),
            ]
        )
        for m in await all_of(bootstrap_servers, topics.ALL)
    }


async def metrics_of(clinic: Stack, client: httpx.AsyncClient) -> dict[str, bytes]:
    return {
        name: (await client.get(f"{address}/metrics")).content
        for name, address in clinic.management().items()
    }


@pytest.mark.parametrize("canary", CANARIES)
def test_a_planted_canary_is_found(canary: str, tmp_path: Path) -> None:
    log = tmp_path / "intake.log"
    log.write_text(f'{{"event":"request_answered","operation":"{canary.upper()}"}}\n')
    assert canaries_in(logs_of(tmp_path)) == [f"{canary} in intake.log"]


def test_what_the_patient_said_was_kept_and_written_to_them(written: Written) -> None:
    contact = written.patient["contact"]
    assert isinstance(contact, dict)
    assert (contact["name"], contact["email"], contact["phone"]) == (NAME, EMAIL, PHONE)
    assert written.letters
    assert [letter for letter in written.letters if GREETING not in letter] == []


def test_no_log_holds_a_patients_words(written: Written) -> None:
    assert {f"{name}.log" for name in NAMES} <= written.logs.keys()
    assert all(b"request_answered" in written.logs[f"{name}.log"] for name in NAMES)
    assert canaries_in(written.logs) == []


def test_no_topic_holds_a_patients_words_in_clear(written: Written) -> None:
    assert {place.partition("/")[0] for place in written.records} == {t.name for t in topics.ALL}
    assert canaries_in(written.records) == []


def test_no_metric_holds_a_patients_words(written: Written) -> None:
    assert written.metrics.keys() == set(NAMES)
    assert canaries_in(written.metrics) == []


def test_no_refusal_repeats_what_was_sent(written: Written) -> None:
    codes = {what: answer.status_code for what, answer in written.refusals.items()}
    assert all(400 <= code < 500 for code in codes.values()), codes
    answers = {
        what: answer.content + str(answer.headers).encode()
        for what, answer in written.refusals.items()
    }
    assert canaries_in(answers) == []
