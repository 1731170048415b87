"""Fixtures of the platform's unit tests."""

from collections.abc import AsyncIterator

import pytest

from tests.support.web import Clinic


@pytest.fixture
async def clinic() -> AsyncIterator[Clinic]:
    clinic = Clinic()
    yield clinic
    await clinic.http.aclose()
