"""A patient's data does not reach the log, however carelessly it is logged."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from clinic_events.errors import Unavailable
from clinic_platform import logs

CANARY = "Testa Sample, born 1 January"


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> "Logged":
    logs.configure("things", role="api")
    return Logged(capsys)


class Logged:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def line(self) -> dict[str, object]:
        out = self._capsys.readouterr().out
        assert CANARY not in out
        [line] = out.splitlines()
        parsed: dict[str, object] = json.loads(line)
        return parsed


def test_an_event_is_one_line_of_json(logged: Logged) -> None:
    structlog.get_logger().info("thing_booked", patient_id="pat_1", count=2)

    line = logged.line()
    assert (line["event"], line["patient_id"], line["count"]) == ("thing_booked", "pat_1", 2)
    assert (line["service"], line["role"], line["level"]) == ("things", "api", "info")


def test_keys_that_are_not_allowed_and_objects_are_dropped_and_counted(logged: Logged) -> None:
    structlog.get_logger().info(
        "thing_booked", name=CANARY, patient_id={"name": CANARY}, reason=[CANARY], count=1
    )

    line = logged.line()
    assert line["dropped"] == 3
    assert line["count"] == 1


def test_an_event_with_data_in_its_name_loses_it(logged: Logged) -> None:
    structlog.get_logger().info(f"booked {CANARY}")

    assert logged.line()["event"] == "unnamed_event"


def fails_with_canary() -> None:
    patient = CANARY
    try:
        int(patient)
    except ValueError as error:
        raise RuntimeError(f"No place for {patient}") from error


def test_an_error_shows_its_classes_and_places_and_nothing_it_holds(logged: Logged) -> None:
    try:
        fails_with_canary()
    except RuntimeError:
        structlog.get_logger().exception("thing_failed")

    line = logged.line()
    assert line["error"] == "RuntimeError"
    assert line["cause"] == "RuntimeError < ValueError"
    assert "fails_with_canary" in str(line["frames"])
    assert "test_logs.py:" in str(line["frames"])


def test_our_own_errors_are_logged_with_their_sentence(logged: Logged) -> None:
    structlog.get_logger().warning("thing_failed", exc_info=Unavailable("No primary answers."))

    assert logged.line()["cause"] == "Unavailable: No primary answers."


def test_a_group_shows_what_is_in_it(logged: Logged) -> None:
    group = ExceptionGroup(CANARY, [ValueError(CANARY), KeyError(CANARY)])
    structlog.get_logger().error("thing_failed", exc_info=group)

    assert logged.line()["cause"] == "ExceptionGroup < ValueError < KeyError"


def test_of_a_librarys_log_only_the_template_is_kept(logged: Logged) -> None:
    logging.getLogger("aiokafka.conn").warning("Unable to connect to %s", CANARY)

    line = logged.line()
    assert (line["event"], line["logger"]) == ("library_logged", "aiokafka.conn")
    assert line["template"] == "Unable to connect to %s"


def test_of_other_libraries_not_even_that(logged: Logged) -> None:
    logging.getLogger("asyncio").error(f"Task exception was never retrieved: {CANARY}")

    assert logged.line()["template"] is None


def test_a_librarys_log_below_a_warning_is_not_kept(
    logged: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("uvicorn.error").info("Started %s", CANARY)

    assert capsys.readouterr().out == ""


def test_a_crash_leaves_one_line(logged: Logged) -> None:
    error = RuntimeError(CANARY)
    logs.log_crash(RuntimeError, error, None)

    assert logged.line()["event"] == "process_crashed"
