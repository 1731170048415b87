"""`clinicctl location`, against a running service: planned, applied, and refused when outdated."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from typer.testing import CliRunner, Result

from clinic_ctl.__main__ import app
from clinic_ctl.demo.arrival import SAMPLE_STREET
from clinic_ctl.location.file import read_file
from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually

Command: TypeAlias = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Sample Street under an id of its own."""
    text = SAMPLE_STREET.read_text(encoding="utf-8")
    path = tmp_path / "place.yaml"
    path.write_text(text.replace("loc_sample_street", new_id("loc")), encoding="utf-8")
    return path


@pytest.fixture
def location(clinic: Stack, file: Path) -> Command:
    def run(command: str, *options: str) -> Result:
        there = ["--dir", str(clinic.folder), *options]
        env = {"COLUMNS": "200"}
        return CliRunner().invoke(app, ["location", command, str(file), *there], env=env)

    return run


def plan(location: Command) -> Any:
    return json.loads(location("plan", "--json").stdout)


def apply(location: Command) -> Result:
    return location("apply", "--fingerprint", plan(location)["fingerprint"])


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_a_place_is_opened_and_changed_by_its_file(location: Command, file: Path) -> None:
    first = location("plan")
    assert first.exit_code == 0
    assert "would be opened" in first.stdout
    assert first.stdout.strip().endswith(plan(location)["fingerprint"])
    opened = apply(location)
    assert (opened.exit_code, "is in version 1" in opened.stdout) == (0, True)
    assert "Nothing would change." in location("plan").stdout

    edit(file, "closes: 18:00", "closes: 16:00")
    second = location("plan")
    assert "/hours/monday/closes" in second.stdout
    assert "Bookings touched: 0, broken: 0." in second.stdout
    assert "is in version 2" in apply(location).stdout


def test_a_fingerprint_is_asked_for_and_an_outdated_one_refused(
    location: Command, file: Path
) -> None:
    outdated = plan(location)["fingerprint"]
    assert apply(location).exit_code == 0
    edit(file, "display_name: Sample Street", "display_name: Sample Lane")
    assert location("apply").exit_code == 1  # it asks, and nobody answers
    refused = location("apply", "--fingerprint", outdated)
    assert refused.exit_code == 2
    assert "change_is_outdated" in refused.stderr
    assert "The location, or the document, is not what was planned." in refused.stderr
    assert plan(location)["version"] == 1


def test_what_the_service_refuses_is_shown_with_code_2(location: Command, file: Path) -> None:
    edit(file, "room: room_1", "room: room_9")
    refused = location("plan")
    assert refused.exit_code == 2
    assert "location_contradicts_itself" in refused.stderr
    assert "/chairs/0/room" in refused.stderr
    edit(file, "room: room_9", "room: room_1")
    assert location("plan", "--token", "nobody's").exit_code == 2


def test_a_service_that_does_not_answer_is_no_refusal(location: Command) -> None:
    assert location("plan", "--url", "http://127.0.0.1:9").exit_code == 1


async def test_a_place_is_published_again_by_applying_what_it_has(
    clinic: Stack, location: Command, file: Path
) -> None:
    """Notifications learns the rota of a place that was published before events had rotas."""
    assert apply(location).exit_code == 0
    place = read_file(file).location_id
    url = clinic.part("mongo").addresses["url"]
    database = await Mongo.connect(url, database="notifications")
    known = database.collection("locations")

    async def rota(version: int) -> Any:
        row = await known.find_one({"_id": place, "version": version})
        return row and row["rota"]

    first = await eventually(lambda: rota(1))
    await known.update_one({"_id": place}, {"$set": {"rota": []}})
    write_as_it_is(clinic, place, file)
    assert "Nothing would change." in location("plan").stdout

    assert "is in version 2" in apply(location).stdout

    assert len(first) == 15
    assert await eventually(lambda: rota(2)) == first
    await database.close()


def write_as_it_is(clinic: Stack, place: str, file: Path) -> None:
    """The file, from what the service shows: JSON is YAML."""
    token = clinic.issuer.mint("location_admin", [place])
    url = f"{clinic.url('sessions')}/v1/locations/{place}"
    shown = httpx.get(url, headers={"Authorization": f"Bearer {token}"}).raise_for_status().json()
    file.write_text(json.dumps({"location": place, **shown["document"]}), encoding="utf-8")
