"""`clinicctl protocol rehearse`, against a running service."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from clinic_ctl.__main__ import app
from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id
from tests.support.protocols import a_document, sourced


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    file = tmp_path / "draft.yaml"
    changed = a_document(version=2, dose__hard_most_mg_per_kg=sourced(1.2))
    file.write_text(yaml.safe_dump(changed), encoding="utf-8")
    return file


def rehearsed(clinic: Stack, draft: Path, *options: str) -> Result:
    there = ["--dir", str(clinic.folder), *options]
    return CliRunner().invoke(app, ["protocol", "rehearse", str(draft), *there])


def test_a_draft_is_rehearsed_over_the_past_of_a_place(clinic: Stack, draft: Path) -> None:
    place = new_id("loc")
    answer = rehearsed(clinic, draft, "--location", place, "--since", "30d", "--json")
    assert answer.exit_code == 0, answer.output
    rehearsal = json.loads(answer.stdout)
    assert (rehearsal["protocol"], rehearsal["draft_version"]) == ("iv-ketamine-depression", 2)
    assert (rehearsal["sessions"], rehearsal["is_whole"]) == (0, True)
    in_words = rehearsed(clinic, draft, "--location", place)
    assert "It would have blocked 0 sessions" in in_words.stdout


def test_a_role_that_may_not_rehearse_is_refused(clinic: Stack, draft: Path) -> None:
    token = clinic.issuer.mint("nurse", [new_id("loc")])
    refused = rehearsed(clinic, draft, "--token", token)
    assert (refused.exit_code, "RehearsalRefused" in refused.stderr) == (2, True)
