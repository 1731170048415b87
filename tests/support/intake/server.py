"""The service's real application on a real database, at a clock that stands."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count

import httpx
from pydantic import SecretStr

from clinic_events import Event, LocationPublished
from clinic_events.leases import Leases
from clinic_events.ports import Document
from clinic_events.testing import example
from clinic_intake.app import application, build
from clinic_intake.handlers import Handlers
from clinic_intake.promises import keepers
from clinic_intake.settings import Settings
from clinic_intake.subscriptions import subscriptions
from clinic_platform.auth import Authenticator, Grant, NotAuthenticated, Principal
from clinic_platform.backbone import backbone
from clinic_platform.kit import Kit
from clinic_platform.promises import MongoPromises, PromiseKeeper
from clinic_platform.testing import NOON, FixedClock
from tests.support.databases import borrowed
from tests.support.intake import CRISIS, PLACE, a_place

RING = json.dumps({"2030a": b64encode(bytes(range(32))).decode()})


class Doorman(Authenticator):
    """Takes the header at its word: `role:actor@location`."""

    def __init__(self) -> None:
        pass

    async def principal(self, authorization: str | None) -> Principal:
        who, _, location = (authorization or "").partition("@")
        if not location:
            raise NotAuthenticated
        role, _, actor = who.partition(":")
        return Principal(f"usr_{actor}", (Grant(role, frozenset({location})),))


@dataclass(frozen=True, slots=True)
class Service:
    """The service, and a client of its door."""

    kit: Kit
    clock: FixedClock
    handlers: Handlers
    http: httpx.AsyncClient
    _keys: Iterator[int] = field(default_factory=count)

    async def post(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        by: str | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """`by` is a role, at the sample place and of one actor unless it names others."""
        headers = {"Idempotency-Key": key or f"key-{next(self._keys)}", **login(by)}
        return await self.http.post(path, json=dict(body or {}), headers=headers)

    async def get(self, path: str, *, by: str, **query: str) -> httpx.Response:
        return await self.http.get(path, params=query, headers=login(by))

    async def patch(
        self, path: str, body: Mapping[str, object], *, by: str, version: str | None
    ) -> httpx.Response:
        condition = {} if version is None else {"If-Match": version}
        return await self.http.patch(path, json=dict(body), headers={**login(by), **condition})

    async def deliver(self, *events: Event) -> None:
        """As the consumer does it: one transaction for each."""
        for event in events:
            [listener] = [s for s in subscriptions(self.handlers) if s.event is type(event)]
            await self.kit.database.transaction(
                lambda listener=listener, event=event: listener.handler(event)  # type: ignore[misc]  # bound per turn
            )

    async def deliver_place(self, location_id: str) -> None:
        crisis = {"text": CRISIS.text, "phone": CRISIS.phone}
        await self.deliver(
            example(LocationPublished, location_id=location_id, zone=a_place().zone, crisis=crisis)
        )

    async def published(self, name: str = "") -> list[Document]:
        """The events that wait in the outbox, in their order: all, or those of this name."""
        rows = await self.kit.database.collection("outbox").find({}, sort=[("at", 1)])
        events = [
            {"name": r["headers"]["ce_type"].decode(), **json.loads(r["value"] or b"{}")}
            for r in rows
        ]
        return [event for event in events if name in ("", event["name"])]

    async def keep_promises(self) -> int:
        """How many were due."""
        database, promises = self.kit.database, self.kit.promises
        rows = database.collection("leases")
        leases = Leases(rows, name="promises", buckets=16, owner="own_1")
        keeper = PromiseKeeper(database, promises, keepers(self.handlers), leases, self.clock)
        return await keeper.keep_due()


def login(by: str | None) -> dict[str, str]:
    if by is None:
        return {}
    who, _, location = by.partition("@")
    role, _, actor = who.partition(":")
    return {"Authorization": f"{role}:{actor or 'testa'}@{location or PLACE}"}


@asynccontextmanager
async def an_intake(mongo_url: str) -> AsyncIterator[Service]:
    """It knows the sample place, and nobody."""
    with borrowed(mongo_url, "intake") as database:
        async with _an_intake(mongo_url, database) as intake:
            yield intake


@asynccontextmanager
async def _an_intake(mongo_url: str, database: str) -> AsyncIterator[Service]:
    settings = Settings(
        environment="test",
        mongo_url=mongo_url,
        mongo_database=database,
        auth_jwks_url="https://issuer.example.org/keys",
        sealing_keys=SecretStr(RING),
        public_requests_per_minute=10_000,
    )
    clock = FixedClock(NOON)
    async with backbone("intake", settings) as real:
        promises = MongoPromises(real.database, clock)
        kit = replace(real, clock=clock, promises=promises, authenticator=Doorman())
        handlers = await build(kit)
        transport = httpx.ASGITransport(app=application(kit, handlers), raise_app_exceptions=False)
        base = "http://clinic.example.org"
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            intake = Service(kit, clock, handlers, http)
            await intake.deliver_place(PLACE)
            yield intake
