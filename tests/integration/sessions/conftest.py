"""The sessions service behind its HTTP doors, with the sample place open."""

from collections.abc import AsyncIterator

import pytest

from tests.support.sessions_server import HERE, Service, a_document, a_sessions_service, done


@pytest.fixture
async def sessions(mongo_url: str) -> AsyncIterator[Service]:
    async with a_sessions_service(mongo_url) as service:
        done(await service.put(HERE, a_document(), If_None_Match="*"))
        yield service
