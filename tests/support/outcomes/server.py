"""The service's real application on a real database, served on a port of its own."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from clinic_events.ports import Document
from clinic_outcomes.app import Definitions, application, build
from clinic_outcomes.handlers import Handlers
from clinic_outcomes.settings import Settings
from clinic_platform.backbone import backbone
from clinic_platform.ids import derived_id
from clinic_platform.kit import Kit
from clinic_platform.promises import Due, Promise
from tests.support.databases import borrowed
from tests.support.eventually import eventually
from tests.support.outcomes import PATIENT, PLACE

RING = f'{{"2030a": "{b64encode(bytes(range(32))).decode()}"}}'
read_once = cache(Definitions.load)


@dataclass(frozen=True, slots=True)
class Service:
    kit: Kit
    app: FastAPI
    handlers: Handlers

    async def survey_link(self, instrument: str = "phq-9", *, key: str = "survey:ses_1:x") -> str:
        """The secret of a survey that has just been opened, as a letter would carry it."""
        now = self.kit.clock()
        promise = Promise(
            key=key,
            kind="open_survey",
            about="ses_1",
            person=PATIENT,
            rule="plan@1/x",
            why="evt_1",
            due_at=now,
            useful_until=now + timedelta(days=3),
            facts={
                "survey": "x",
                "instrument": instrument,
                "instrument_version": 1,
                "is_baseline": False,
                "location_id": PLACE,
            },
        )
        await self.handlers.planning.treatments.know_patient(PATIENT, PLACE)
        due = Due(promise=promise, now=now, attempt=1)
        await self.kit.database.transaction(lambda: self.handlers.surveys.open_survey(due))
        opened = derived_id("asg", key)
        [sealed] = [
            event["sealed_secret"]
            for event in await self.published("outcomes.survey_due.v1")
            if event["assignment_id"] == opened
        ]
        return self.kit.keys.open(sealed, about=PATIENT).decode()

    async def published(self, name: str) -> list[Document]:
        """The events of this name that wait in the outbox, in their order."""
        rows = await self.kit.database.collection("outbox").find({}, sort=[("at", 1)])
        named = [row for row in rows if row["headers"]["ce_type"].decode() == name]
        return [json.loads(row["value"]) for row in named]

    async def draft(self, key: str) -> Document | None:
        """What is answered, and not sent yet, of the survey that was opened by this key."""
        row = await self.kit.database.collection("assignments").find_one(
            {"_id": derived_id("asg", key)}
        )
        return row and row.get("draft")

    async def alerts(self) -> list[Document]:
        return await self.kit.database.collection("risk_alerts").find({})


@asynccontextmanager
async def a_service(mongo_url: str) -> AsyncIterator[Service]:
    """Its public operations; nobody can log in, for there is no issuer."""
    with borrowed(mongo_url, "outcomes") as database:
        async with _a_service(mongo_url, database) as service:
            yield service


@asynccontextmanager
async def _a_service(mongo_url: str, database: str) -> AsyncIterator[Service]:
    settings = Settings(
        environment="test",
        mongo_url=mongo_url,
        mongo_database=database,
        auth_jwks_url="https://issuer.example.org/keys",
        sealing_keys=SecretStr(RING),
        public_requests_per_minute=10_000,
    )
    async with backbone("outcomes", settings) as kit:
        definitions = read_once()
        handlers = await build(kit, definitions)
        yield Service(kit, application(kit, definitions, handlers), handlers)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The address at which the application answers."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    # Not a part of the test: its own failures show as refused connections.
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running
