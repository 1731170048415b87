"""Logs: one JSON line per event, with keys from an allow-list and values that are codes.

A patient's data cannot be logged by accident: unknown keys and values that are objects are dropped
(and counted), tracebacks have places instead of messages and locals, and of what other libraries
log only the template is kept, never what they filled in.
"""

import logging
import re
import sys
from collections.abc import Iterator
from types import NoneType, TracebackType
from typing import Any, Final

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from clinic_platform import metrics
from clinic_platform.data import load

ALLOWED: Final = frozenset(
    key for keys in load("clinic_platform", "log-keys.yaml").values() for key in keys
)
EVENT: Final = re.compile(r"[a-z][a-z0-9_]{1,79}")
PLAIN: Final = (str, int, float, NoneType)
LONGEST: Final = 200
INNERMOST: Final = 12  # of each error in the chain: the rest is the framework's
OURS: Final = "clinic_"
# Libraries that log constant templates. Of all others not even that is sure to be free of data.
TEMPLATED: Final = ("uvicorn", "aiokafka")
# Logged already, with its request id, by the web's own handler.
LOGGED_ALREADY: Final = "Exception in ASGI application\n"


def configure(service: str, *, level: str = "info", role: str = "all") -> None:
    """Send everything, the standard library's logging included, to stdout in one form."""
    structlog.configure(
        processors=_processors(service, role),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [Forwarder()]
    root.setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


class Forwarder(logging.Handler):
    """Logs what other libraries log as one of our events."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == LOGGED_ALREADY:
            return
        structlog.get_logger().log(
            max(record.levelno, logging.WARNING),
            "library_logged",
            logger=record.name,
            template=_template(record),
            where=f"{record.module}:{record.lineno}",
            exc_info=record.exc_info,
        )


def log_crash(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """For `sys.excepthook`: the one line a process leaves when it ends by an error."""
    structlog.get_logger().critical("process_crashed", exc_info=(kind, error, traceback))


def _processors(service: str, role: str) -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service, role),
        exception_as_places,
        only_allowed,
        _as_json,
    ]


def _named(service: str, role: str) -> Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {"service": service, "role": role, **event}

    return add


def exception_as_places(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """`exc_info` → the classes of the error and its causes, and the lines it came through."""
    error = _error_in(event.pop("exc_info", None))
    if error is not None:
        chain = list(_chain(error))
        event.setdefault("error", type(error).__name__)
        event["cause"] = " < ".join(_described(link) for link in chain)[:LONGEST]
        event["frames"] = [place for link in chain for place in list(_places(link))[-INNERMOST:]]
    return event


def only_allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keys from the list, values that are plain. The rest is left out, and counted."""
    kept = {key: _plain(value) for key, value in event.items() if _is_allowed(key, value)}
    dropped = len(event) - len(kept)
    if dropped:
        metrics.LOG_KEYS_DROPPED.inc(dropped)
        kept["dropped"] = dropped
    if EVENT.fullmatch(str(kept.get("event", ""))) is None:
        kept["event"] = "unnamed_event"
    return kept


def _is_allowed(key: str, value: object) -> bool:
    if key == "frames":
        return True  # made here
    return key in ALLOWED and isinstance(value, PLAIN)


def _plain(value: Any) -> Any:
    return value[:LONGEST] if isinstance(value, str) else value


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return orjson.dumps(event, default=lambda value: type(value).__name__).decode()


def _error_in(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return _error_in(exc_info[1])
    return sys.exc_info()[1] if exc_info else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions[:5]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _described(error: BaseException) -> str:
    """Only our own errors promise that their sentence holds no patient's data."""
    name = type(error).__name__
    return f"{name}: {error}" if type(error).__module__.startswith(OURS) else name


def _places(error: BaseException) -> Iterator[str]:
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        file = "/".join(code.co_filename.split("/")[-2:])
        yield f"{file}:{traceback.tb_lineno} {code.co_name}"
        traceback = traceback.tb_next


def _template(record: logging.LogRecord) -> str | None:
    if not record.name.startswith(TEMPLATED):
        return None
    return str(record.msg).partition("\n")[0]
