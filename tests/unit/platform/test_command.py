"""The command line of a service's process: what it may be asked for, and what is wrong with it."""

import sys
from datetime import UTC, datetime

import pytest

from clinic_events.replay import Replay
from clinic_platform.command import Command, parse

REPLAY = ("replay", "--topic", "sessions.events", "--since")


def parsed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Command:
    monkeypatch.setattr(sys, "argv", ["clinic_things", *arguments])
    return parse("things")


@pytest.mark.parametrize(
    ("arguments", "role", "only_checks"),
    [
        ((), "all", False),
        (("api",), "api", False),
        (("worker", "--check-config"), "worker", True),
    ],
)
def test_without_more_it_is_api_and_worker_in_one(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], role: str, only_checks: bool
) -> None:
    assert parsed(monkeypatch, *arguments) == Command(role, only_checks)  # type: ignore[arg-type]  # a text


def test_a_replay_is_of_a_topic_since_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    command = parsed(monkeypatch, *REPLAY, "2030-01-07T09:00:00Z", "--again")
    assert command.role_name == "replay"
    assert command.role == Replay(
        topic="sessions.events", since=datetime(2030, 1, 7, 9, tzinfo=UTC), kind=None, again=True
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("replay", "--topic", "sessions.events"), "replay needs --topic and --since"),
        (("replay", "--since", "2030-01-07T09:00:00Z"), "replay needs --topic and --since"),
        ((*REPLAY, "2030-01-07T09:00:00"), "a time needs its zone"),
        (("wizard",), "invalid choice: 'wizard'"),
    ],
)
def test_what_is_wrong_ends_it_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(monkeypatch, *arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err
