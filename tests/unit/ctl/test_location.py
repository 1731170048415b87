"""A location's file, read and checked on this machine."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from clinic_ctl.__main__ import app
from clinic_ctl.demo.arrival import SAMPLE_STREET
from clinic_ctl.location.checking import check_document
from clinic_ctl.location.file import UnreadableFile, read_file

NOW: Final = datetime(2030, 1, 7, 12, tzinfo=UTC)
WIDE: Final = {"COLUMNS": "200"}


def checked(path: Path) -> Result:
    return CliRunner().invoke(app, ["location", "check", str(path)], env=WIDE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "place.yaml"
    path.write_text(SAMPLE_STREET.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def changed(file: Path, before: str, after: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    return file


def test_the_sample_place_could_open() -> None:
    document = read_file(SAMPLE_STREET).document
    found = check_document(document, now=NOW)
    assert (found.wrong, found.findings) == ((), ())


def test_times_and_days_of_a_file_are_text_as_in_json(file: Path) -> None:
    document = read_file(file).document
    assert document["hours"]["monday"] == {"opens": "08:00", "closes": "18:00"}
    assert document["closures"][0]["first"] == "2031-12-25"
    assert document["notice"]["book_at_most_days"] == 180
    assert read_file(changed(file, "language: en", "language: no")).document["language"] == "no"


def test_a_document_in_order_is_accepted(file: Path) -> None:
    result = checked(changed(file, "expires_on: 2031-06-30", "expires_on: 2099-12-31"))
    assert (result.exit_code, result.stdout) == (0, "The document is in order.\n")


def test_what_is_missing_before_a_first_patient_refuses_nothing(file: Path) -> None:
    result = checked(changed(file, "expires_on: 2031-06-30", "expires_on: 2020-06-30"))
    assert result.exit_code == 0
    assert "registration_expired" in result.stdout


@pytest.mark.parametrize(
    ("before", "after", "pointer", "rule"),
    [
        ("room: room_1", "room: room_9", "/chairs/0/room", "known_room"),
        ("zone: America/Chicago", "zone: Sample/Nowhere", "/zone", "value_error"),
        ("language: en", "lingo: en", "/language", "missing"),
        ('phone: "988"', "phone: 988", "/crisis/phone", "string_type"),
    ],
)
def test_what_the_service_would_refuse_is_refused_here_by_the_same_rule(
    file: Path, before: str, after: str, pointer: str, rule: str
) -> None:
    result = checked(changed(file, before, after))
    assert result.exit_code == 2
    assert pointer in result.stdout
    assert rule in result.stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("display_name: Sample Street\n", "does not begin with `location: loc_…`"),
        ("- location\n", "does not begin with `location: loc_…`"),
        ("location: [\n", "is no YAML in line"),
        ("location: loc_1\nzone: a\nzone: b\n", "Line 1: zone is given twice."),
        ("location: !!python/object:os.system {}\n", "is no YAML in line 1"),
    ],
)
def test_a_file_that_is_no_document_is_refused_with_why(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = tmp_path / "place.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile) as refused:
        read_file(path)
    assert sentence in str(refused.value)
    assert checked(path).exit_code == 2


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = checked(tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "No such file" in result.stderr
