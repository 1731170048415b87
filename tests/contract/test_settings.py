"""The page of settings is the code's, and what this repository sets is on it."""

import re
from pathlib import Path

import pytest

from clinic_ctl.stack.services import Door, Surroundings
from clinic_platform.settings import ServiceSettings
from tests.contract import configured
from tests.contract.test_repository import ROOT, text_of

VARIABLE = re.compile(r"^ +([A-Z]+_[A-Z_]+): ", re.MULTILINE)


def test_the_page_of_settings_is_that_of_the_code() -> None:
    assert configured.PATH.read_text() == configured.page(), "Meant? Run `make golden` and review."


def test_what_the_guide_to_deploying_names_are_settings() -> None:
    guide = text_of("docs/guides/deploy-a-service.md")
    named = set(re.findall(r"`…_([A-Z_]+)`", guide)) | set(re.findall(r"`(KAFKA_[A-Z_]+)`", guide))
    assert len(named) > 5
    assert named - configured.fields_of(ServiceSettings).keys() == set()


def test_what_the_containers_are_told_are_settings() -> None:
    told = set(VARIABLE.findall((ROOT / "deploy/compose.yaml").read_text()))
    prefixes = tuple(f"{name.upper()}_" for name in configured.KINDS)
    ours = {name for name in told if name.startswith(prefixes)}
    assert len(ours) > 30
    known = {name for kind in configured.KINDS.values() for name in configured.fields_of(kind)}
    assert ours - known == set()


@pytest.mark.parametrize("name", configured.KINDS)
def test_what_the_local_stack_tells_a_service_are_settings_of_it(name: str, tmp_path: Path) -> None:
    around = Surroundings(
        folder=tmp_path,
        kafka="127.0.0.1:9092",
        mongo="mongodb://127.0.0.1",
        devtools="http://127.0.0.1:8025",
        smtp_port=1025,
        outcomes="http://127.0.0.1:8104",
        keeps_names=True,
    )
    told = around.environment(name, Door(8101, 9101))
    assert told.keys() - configured.fields_of(configured.KINDS[name]).keys() == set()
