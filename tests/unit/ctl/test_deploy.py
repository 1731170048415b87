"""What runs in containers agrees with what runs on a laptop."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml

from clinic_ctl.stack.mongod import GIVES_UP_WITHIN, binary
from clinic_ctl.stack.services import DOORS, NAMES, Surroundings

ROOT = Path(__file__).parents[3]
Container = Mapping[str, object]


@pytest.fixture
def containers() -> Mapping[str, Container]:
    text = (ROOT / "deploy/compose.yaml").read_text()
    return cast(Mapping[str, Container], yaml.safe_load(text)["services"])


@pytest.mark.parametrize("name", NAMES)
def test_a_container_has_all_settings_of_the_local_stack(
    name: str, containers: Mapping[str, Container], tmp_path: Path
) -> None:
    around = Surroundings(
        folder=tmp_path, kafka="", mongo="", devtools="", smtp_port=1025, outcomes=""
    )
    settings = cast(Mapping[str, str], containers[name]["environment"])
    assert around.environment(name, DOORS[name]).keys() <= settings.keys()


def test_every_container_drops_its_capabilities(containers: Mapping[str, Container]) -> None:
    assert {name for name, it in containers.items() if it.get("cap_drop") != ["ALL"]} == set()


def test_ours_cannot_write_to_their_images(containers: Mapping[str, Container]) -> None:
    ours = {name: it for name, it in containers.items() if "build" in it}
    assert ours.keys() == {*NAMES, "topics", "devtools"}
    assert all(it["read_only"] for it in ours.values())


def test_nothing_is_published_beyond_this_machine(containers: Mapping[str, Container]) -> None:
    published = [
        port for it in containers.values() for port in cast(list[str], it.get("ports", []))
    ]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_containers_run_the_broker_the_tests_ran(containers: Mapping[str, Container]) -> None:
    project = (ROOT / "deploy/local/kafka/pom.xml").read_text()
    tested = re.search(r"kafka_2\.13</artifactId>\s*<version>([0-9.]+)<", project)
    assert tested is not None
    assert containers["kafka"]["image"] == f"apache/kafka:{tested[1]}"


def test_containers_run_the_database_the_tests_ran(containers: Mapping[str, Container]) -> None:
    version = subprocess.run([binary(), "--version"], capture_output=True, text=True, check=True)
    tested = re.search(r"db version v(\d+\.\d+)\.", version.stdout)
    assert tested is not None
    images = {containers[name]["image"] for name in ("mongo", "mongo-init")}
    assert images == {f"mongo:{tested[1]}"}


def test_a_dead_services_locks_are_given_up_as_soon_as_no_live_one_could_hold_them(
    containers: Mapping[str, Container],
) -> None:
    command = cast(list[str], containers["mongo"]["command"])
    assert f"transactionLifetimeLimitSeconds={GIVES_UP_WITHIN}" in command


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements/*.txt")))
def test_a_lock_names_no_index_and_no_place_on_a_disk(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "--hash=sha256:" in text
    assert not re.search(r"^--|://|^/|file:", text, re.MULTILINE)
