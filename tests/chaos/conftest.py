"""The ground of the tests of faults: a broker, a database and the issuer, apart from all others."""

from collections.abc import Iterator

import pytest

from clinic_ctl.stack.parts import INFRASTRUCTURE
from tests.chaos.members import Ground
from tests.support.stack import a_clinic
from tests.support.stages import STAGES


@pytest.fixture(scope="session")
def ground(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Ground]:
    infrastructure = a_clinic(tmp_path_factory.mktemp("chaos"), INFRASTRUCTURE)
    with pytestconfig.stash[STAGES].standing("ground", infrastructure) as stack:
        yield Ground(stack)
