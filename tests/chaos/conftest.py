"""What the tests of faults stand on: a broker, a database and the issuer, apart from all others."""

from collections.abc import Iterator

import pytest

from clinic_ctl.stack.parts import INFRASTRUCTURE
from clinic_ctl.stack.stack import Stack
from tests.chaos.members import Ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    stack = Stack(tmp_path_factory.mktemp("chaos"), anywhere=True)
    try:
        stack.up(INFRASTRUCTURE)
        yield Ground(stack)
    finally:
        stack.down()
