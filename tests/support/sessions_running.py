"""The sessions service's real application on a real database, at a clock that stands.

What every test at its doors begins with. Beside it stand those who know more: `sessions_server` and
`sessions_doors` (a client with words for requests), `sessions_board` (a port, and who listens),
`protocols_server` (a past that is there already).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

import httpx
from pydantic import SecretStr

from clinic_platform.auth import Authenticator
from clinic_platform.backbone import backbone
from clinic_platform.kit import Kit
from clinic_platform.promises import MongoPromises
from clinic_platform.testing import FixedClock, caller_of
from clinic_sessions.app import application, build
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.handlers import Handlers
from clinic_sessions.settings import Settings
from clinic_sessions.store import MongoSessions
from tests.support.databases import borrowed
from tests.support.intake.server import RING, Doorman
from tests.support.sessions import NOON, a_location

PLACE = "loc_sample"


@dataclass(frozen=True, slots=True)
class Running:
    kit: Kit
    clock: FixedClock
    handlers: Handlers

    async def opens(self) -> None:
        """The sample place, every day."""
        details = a_location(closed_on="nobody").details
        admin = caller_of("location_admin", PLACE)
        await self.handlers.describe_location(admin, PLACE, details, expected=None)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """At its door, without a port."""
        app = application(self.kit, self.handlers)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://clinic.example.org"
        ) as http:
            yield http


@asynccontextmanager
async def running(
    mongo_url: str,
    *also: Protocol,
    at: datetime = NOON,
    doorman: Authenticator | None = None,
    database: str | None = None,
) -> AsyncIterator[Running]:
    """It knows no place and nobody; its own protocols, and these. With a `database` it is another
    process of a service that is there."""
    lent: AbstractContextManager[str] = nullcontext(database or "")
    if database is None:
        lent = borrowed(mongo_url, "sessions")
    with lent as name:
        async with _running(mongo_url, name, also, at, doorman or Doorman()) as service:
            yield service


@asynccontextmanager
async def _running(
    mongo_url: str, database: str, also: Sequence[Protocol], at: datetime, doorman: Authenticator
) -> AsyncIterator[Running]:
    settings = Settings(
        environment="test",
        mongo_url=mongo_url,
        mongo_database=database,
        auth_jwks_url="https://issuer.example.org/keys",
        sealing_keys=SecretStr(RING),
    )
    clock = FixedClock(at)
    async with backbone("sessions", settings) as real:
        promises = MongoPromises(real.database, clock)
        kit = replace(real, clock=clock, promises=promises, authenticator=doorman)
        handlers = await build(kit.database, kit.outbox, kit.promises, kit.keys, clock)
        yield Running(kit, clock, _knowing(handlers, also))


def _knowing(handlers: Handlers, protocols: Sequence[Protocol]) -> Handlers:
    """With these on the shelf, too."""
    if not protocols:
        return handlers
    shelf = {**handlers.data.protocols, **{(p.name, p.version): p for p in protocols}}
    handlers = replace(handlers, data=replace(handlers.data, protocols=shelf))
    assert isinstance(handlers.sessions, MongoSessions)
    handlers.sessions.on_fact = handlers.follow_fact
    return handlers
