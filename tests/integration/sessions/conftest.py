"""A bedside for the tests of the sessions service."""

from collections.abc import AsyncIterator

import pytest

from tests.support.sessions_bedside import Bedside, a_bedside


@pytest.fixture
async def bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    async with a_bedside(mongo_url) as bedside:
        yield bedside
