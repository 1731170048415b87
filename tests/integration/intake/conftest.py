"""The intake service on a database of its own, for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.support.intake.server import Service, an_intake


@pytest.fixture
async def intake(mongo_url: str) -> AsyncIterator[Service]:
    async with an_intake(mongo_url) as intake:
        yield intake
