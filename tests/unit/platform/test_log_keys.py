"""The list of keys that a log line may have is that of the keys that are logged."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clinic_events.delivery import Outcome
from clinic_platform import logs

ROOT: Final = Path(__file__).parents[3]
LEVELS: Final = {"debug", "info", "warning", "error", "critical", "exception", "log"}
ADDED_TO_EACH: Final = {"event", "level", "timestamp", "service", "role", "dropped"}
OF_A_REQUEST: Final = {"request_id"}
OF_A_FAILURE: Final = {"error", "cause", "frames"}
OF_A_REPLAY: Final = {str(end) for end in Outcome}


def calls_in(code: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            logger = ast.unparse(node.func.value)
            if node.func.attr in LEVELS and logger in {"log", "structlog.get_logger()"}:
                yield node


def logged() -> set[str]:
    files = [*ROOT.glob("libs/*/clinic_*/**/*.py"), *ROOT.glob("services/*/clinic_*/**/*.py")]
    keys = [
        key.arg for file in files for call in calls_in(file.read_text()) for key in call.keywords
    ]
    return {key for key in keys if key is not None} - {"exc_info"}


def test_every_key_that_is_logged_may_be_and_no_other() -> None:
    made = ADDED_TO_EACH | OF_A_REQUEST | OF_A_FAILURE | OF_A_REPLAY
    assert logged() | made == logs.ALLOWED
