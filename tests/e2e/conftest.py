"""What the tests at the services' doors share."""

from collections.abc import AsyncIterator

import pytest

from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from tests.support.plain import plain
from tests.support.visitor import Visitor


@pytest.fixture(params=NAMES)
async def visitor(clinic: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    """At each of the four services in turn."""
    async with plain(timeout=30) as client:
        yield Visitor(clinic, request.param, client)
