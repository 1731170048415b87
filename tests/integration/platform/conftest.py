"""Fixtures that the tests of a bad connection to the database share."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.support.proxy import Proxy


@pytest.fixture
async def proxy(mongo_url: str) -> AsyncIterator[Proxy]:
    """In front of the real database."""
    proxy = Proxy(urlsplit(mongo_url).port or 0)
    proxy.start()
    yield proxy
    await asyncio.to_thread(proxy.stop)
