"""The sessions service behind its HTTP doors: with the sample place open, at its bedside, with
its controlled drugs."""

from collections.abc import AsyncIterator

import pytest

from tests.support.answers import done
from tests.support.sessions_bedside import Bedside, a_bedside
from tests.support.sessions_doors import HERE, Service, a_document, a_sessions_service
from tests.support.sessions_pharmacy import Pharmacy, a_pharmacy


@pytest.fixture
async def sessions(mongo_url: str) -> AsyncIterator[Service]:
    async with a_sessions_service(mongo_url) as service:
        done(await service.put(HERE, a_document(), If_None_Match="*"))
        yield service


@pytest.fixture
async def bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    async with a_bedside(mongo_url) as bedside:
        yield bedside


@pytest.fixture
async def pharmacy(mongo_url: str) -> AsyncIterator[Pharmacy]:
    async with a_pharmacy(mongo_url) as pharmacy:
        yield pharmacy
