"""A protocol's file, checked on this machine; and a rehearsal as a person reads it."""

from pathlib import Path
from typing import Any, Final, get_args

import pytest
import yaml
from typer.testing import CliRunner, Result

from clinic_ctl.__main__ import app
from clinic_ctl.commands.protocol import SENTENCES, show
from clinic_sessions.domain.protocols.rehearsal import Kind
from tests.support.protocols import a_document, sourced

WIDE: Final = {"COLUMNS": "200"}


def a_file(folder: Path, **changes: Any) -> Path:
    file = folder / "draft.yaml"
    file.write_text(yaml.safe_dump(a_document(**changes)), encoding="utf-8")
    return file


def checked(file: Path) -> Result:
    return CliRunner().invoke(app, ["protocol", "check", str(file)], env=WIDE)


def test_a_good_file_is_in_order(tmp_path: Path) -> None:
    result = checked(a_file(tmp_path, version=2))
    assert result.exit_code == 0
    assert "iv-ketamine-depression in version 2 is in order." in result.stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dose__start_mg_per_kg": sourced(0.1)}, "draft.yaml: dose.start_mg_per_kg is below"),
        ({"gates": "nowhere"}, "draft.yaml: gates names a rule set that is not there."),
        ({"dosage": 1}, "draft.yaml: the protocol has an unknown field"),
    ],
)
def test_a_bad_file_is_refused_by_field_and_rule(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    result = checked(a_file(tmp_path, **changes))
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"dose: [", "is no YAML in line"),
        (b"dose: 1\ndose: 2\n", "dose is given twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_why(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "draft.yaml"
    if content is not None:
        file.write_bytes(content)
    result = checked(file)
    assert (result.exit_code, sentence in result.stderr) == (2, True)


@pytest.mark.parametrize("since", ["91d", "12h", "soon"])
def test_a_rehearsal_goes_back_whole_days_and_ninety_at_the_most(
    tmp_path: Path, since: str
) -> None:
    draft = str(a_file(tmp_path))
    result = CliRunner().invoke(app, ["protocol", "rehearse", draft, "--since", since])
    assert result.exit_code == 2


def test_every_kind_of_difference_has_its_words() -> None:
    assert set(SENTENCES) == set(get_args(Kind))


def test_a_rehearsal_is_shown_in_counts_and_samples(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    counts = {"would_block": 4, "dose_bounds_differ": 41, "readings_newly_due": 12}
    changes = [
        {
            "kind": kind,
            "count": counts.get(kind, 0),
            "sessions": min(counts.get(kind, 0), 3),
            "samples": [{"session_id": "ses_1", "details": ["G-RISK"]}],
        }
        for kind in get_args(Kind)
    ]
    head = {"protocol": "iv-ketamine-depression", "draft_version": 2, "sessions": 50}
    show({**head, "since": "2030-01-07T12:00:00Z", "is_whole": False, "changes": changes})
    shown = capsys.readouterr().out
    assert "over 50 sessions since 2030-01-07" in shown
    assert "ses_1 G-RISK" in shown
    assert "It would have blocked 3 sessions, changed 41 doses' bounds, moved 12 readings." in shown
    assert SENTENCES["would_pass"] not in shown
    assert "the newest were" in shown
