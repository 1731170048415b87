"""The whole service, database and mail server real: from events received to events published."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import httpx
import pytest
from pydantic import SecretStr

from clinic_events import (
    ConsentGiven,
    ContactCardSealed,
    Event,
    LocationPublished,
    RiskRaised,
    SessionCompleted,
)
from clinic_events.errors import Unavailable
from clinic_events.leases import Leases
from clinic_events.ports import Document
from clinic_events.testing import example
from clinic_notifications.app import Definitions, application, build
from clinic_notifications.handlers import Handlers
from clinic_notifications.promises import keepers
from clinic_notifications.settings import Settings
from clinic_notifications.store import MongoMessages, SmtpMailer
from clinic_notifications.subscriptions import subscriptions
from clinic_platform.auth import Authenticator, Grant, NotAuthenticated, Principal
from clinic_platform.backbone import backbone
from clinic_platform.kit import Kit
from clinic_platform.promises import PromiseKeeper
from tests.support.databases import borrowed
from tests.support.mail import Postmaster, a_mail_server
from tests.support.notifications import EMAIL, LINKS, LOCATION, PATIENT

RING = json.dumps({"2030a": b64encode(bytes(range(32))).decode()})
WHO = {"patient_id": PATIENT, "location_id": LOCATION}
read_once = cache(Definitions.load)


class Doorman(Authenticator):
    """Takes the header at its word: `role@location`."""

    async def principal(self, authorization: str | None) -> Principal:
        role, _, location = (authorization or "").partition("@")
        if not location:
            raise NotAuthenticated
        return Principal("usr_testa", (Grant(role, frozenset({location})),))


@dataclass(frozen=True, slots=True)
class Service:
    kit: Kit
    handlers: Handlers
    postmaster: Postmaster

    async def deliver(self, *events: Event) -> None:
        """As the consumer does it: one transaction for each."""
        for event in events:
            [listener] = [s for s in subscriptions(self.handlers) if s.event is type(event)]
            await self.kit.database.transaction(
                lambda listener=listener, event=event: listener.handler(event)  # type: ignore[misc]  # bound per turn
            )

    async def keep_promises(self) -> None:
        leases = Leases(
            self.kit.database.collection("leases"), name="promises", buckets=16, owner="own_1"
        )
        keeper = PromiseKeeper(
            self.kit.database,
            self.kit.promises,
            keepers(self.handlers, letters_a_second=1_000),
            leases,
            self.kit.clock,
        )
        await keeper.keep_due()

    async def published(self) -> list[Document]:
        rows = await self.kit.database.collection("outbox").find({}, sort=[("at", 1)])
        return [{"name": r["headers"]["ce_type"].decode(), **json.loads(r["value"])} for r in rows]

    async def knows_patient(self) -> None:
        card = {"name": "Testa Sample", "email": EMAIL, "zone": "Europe/Berlin"}
        sealed = self.kit.keys.seal(json.dumps(card).encode(), about=PATIENT)
        now = self.kit.clock()
        location = example(
            LocationPublished,
            location_id=LOCATION,
            zone="Europe/Berlin",
            language="en",
            sender_name="Testville House",
            sender_email="hello@example.org",
            on_call_email="oncall@example.org",
            quiet_hours={"starts": "00:00", "ends": "00:00"},
        )
        consent = example(
            ConsentGiven, **WHO, kind="messages", given_at=now, expires_at=now + timedelta(days=9)
        )
        await self.deliver(example(ContactCardSealed, **WHO, sealed=sealed), location, consent)

    async def completes_session(self, *, hours_ago: float) -> None:
        at = self.kit.clock() - timedelta(hours=hours_ago)
        await self.deliver(example(SessionCompleted, **WHO, session_id="ses_1", completed_at=at))


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    with borrowed(mongo_url, "notifications") as database:
        settings = Settings(
            environment="test",
            mongo_url=mongo_url,
            mongo_database=database,
            auth_jwks_url="https://issuer.example.org/keys",
            sealing_keys=SecretStr(RING),
        )
        async with (
            backbone("notifications", settings) as real,
            a_mail_server() as (postmaster, port),
        ):
            doorman = Doorman(
                issuer="tests",
                audience="clinic",
                jwks_url="https://issuer.example.org/keys",
                max_lifetime=timedelta(hours=1),
            )
            kit = replace(real, authenticator=doorman)
            mailer = SmtpMailer(host="127.0.0.1", port=port, starttls=False)
            handlers = await build(kit, read_once(), mailer=mailer, links=LINKS)
            yield Service(kit, handlers, postmaster)


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    app = application(service.kit, service.handlers)
    transport = httpx.ASGITransport(app=app)
    base = f"http://clinic.example.org/v1/patients/{PATIENT}/"
    async with httpx.AsyncClient(
        transport=transport, base_url=base, headers={"Authorization": f"nurse@{LOCATION}"}
    ) as http:
        yield http


async def test_a_completed_session_is_asked_after_by_letter_once(service: Service) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=5)

    for _ in range(2):
        await service.keep_promises()

    assert service.postmaster.recipients == [EMAIL]
    [sent] = await service.published()
    assert (sent["name"], sent["promise_about"]) == ("notifications.message_sent.v1", "ses_1")


async def test_a_letter_whose_sender_died_goes_once_more_as_the_same_letter_and_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=5)
    died = 0

    async def die(*_: object, **__: object) -> None:
        nonlocal died
        died += 1
        raise Unavailable("The process is gone after the server took the letter.")

    with monkeypatch.context() as crash:
        crash.setattr(MongoMessages, "record", die)
        await service.keep_promises()
    promises = service.kit.database.collection("promises")
    await promises.update_many({"acting": True}, {"$set": {"claimed_until": None}})
    await service.keep_promises()

    first, second = service.postmaster.taken
    assert died == 1
    assert first["Message-ID"] == second["Message-ID"]
    [message] = await service.kit.database.collection("messages").find({})
    assert (message["status"], message["uncertain"]) == ("sent", True)


async def test_a_letter_refused_for_good_is_published_and_not_tried_again(service: Service) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=5)
    service.postmaster.answer = "550 no such mailbox"

    for _ in range(2):
        await service.keep_promises()

    [event] = await service.published()
    assert (event["name"], event["reason"]) == (
        "notifications.message_undeliverable.v1",
        "smtp_550",
    )


async def test_a_letter_refused_for_now_stays_promised(service: Service) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=5)
    service.postmaster.answer = "450 try later"

    await service.keep_promises()

    promises = await service.kit.promises.of_person(PATIENT)
    assert (promises[0].state, promises[0].attempts) == ("pending", 1)
    assert await service.published() == []


async def test_a_letter_that_comes_too_late_lapses_and_is_published(service: Service) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=12)

    await service.keep_promises()

    [event] = await service.published()
    assert (event["name"], event["reason"]) == ("notifications.message_withheld.v1", "too_late")
    assert service.postmaster.taken == []


async def test_an_alert_reaches_the_one_on_call(service: Service) -> None:
    await service.knows_patient()
    now = service.kit.clock()
    await service.deliver(
        example(RiskRaised, **WHO, alert_id="alr_1", raised_at=now, acknowledge_by=now)
    )

    await service.keep_promises()

    assert service.postmaster.recipients == ["oncall@example.org"]
    assert service.postmaster.taken[0]["Subject"] == "Please look at alr_1 now"


async def test_promises_and_messages_are_listed(service: Service, http: httpx.AsyncClient) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=5)
    await service.keep_promises()

    promises = (await http.get("promises")).json()["items"]
    messages = (await http.get("messages")).json()["items"]

    assert [row["state"] for row in promises] == ["kept"] + ["pending"] * 5
    assert {row["zone"] for row in promises} == {"Europe/Berlin"}
    assert [(row["status"], row["uncertain"]) for row in messages] == [("sent", False)]
    assert [entry["what"] for entry in messages[0]["timeline"]] == ["sent"]


async def test_promises_are_listed_until_a_time(service: Service, http: httpx.AsyncClient) -> None:
    await service.knows_patient()
    await service.completes_session(hours_ago=5)
    until = (service.kit.clock() + timedelta(days=1)).isoformat()

    rows = (await http.get("promises", params={"until": until})).json()["items"]

    assert len(rows) == 3


async def test_preferences_change_on_the_version_that_was_read(
    service: Service, http: httpx.AsyncClient
) -> None:
    await service.knows_patient()
    read = await http.get("preferences")
    body = {"choices": [{"category": "integration", "channel": "email", "wanted": False}]}

    without = await http.put("preferences", json=body)
    changed = await http.put("preferences", json=body, headers={"If-Match": read.headers["ETag"]})
    again = await http.put("preferences", json=body, headers={"If-Match": read.headers["ETag"]})

    assert [without.status_code, changed.status_code, again.status_code] == [428, 200, 412]
    answers = {row["category"]: row for row in changed.json()["categories"]}
    assert answers["integration"]["decided_by"] == "patient"
    assert changed.headers["ETag"] == '"1"'


async def test_an_unknown_category_is_refused_with_those_there_are(
    service: Service, http: httpx.AsyncClient
) -> None:
    await service.knows_patient()
    body = {"choices": [{"category": "weather", "channel": "email", "wanted": True}]}

    refused = await http.put("preferences", json=body, headers={"If-Match": '"0"'})

    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_category")
    assert "surveys" in refused.json()["allowed"]


@pytest.mark.parametrize("what", ["promises", "messages", "preferences"])
async def test_a_foreign_patient_looks_like_an_absent_one(
    service: Service, http: httpx.AsyncClient, what: str
) -> None:
    await service.knows_patient()

    foreign = await http.get(what, headers={"Authorization": "nurse@loc_elsewhere"})
    absent = await http.get(f"http://clinic.example.org/v1/patients/pat_absent/{what}")

    assert foreign.status_code == absent.status_code == 404
    answers = [{**answer.json(), "trace_id": ""} for answer in (foreign, absent)]
    assert answers[0] == answers[1]
