"""Nothing here needs a broker or a database; and nothing is logged."""

from collections.abc import Iterator

import pytest

from tests.simulation.quiet import quiet


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet():
        yield
