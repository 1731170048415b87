"""Schedules by name: a protocol defines which of them follows, and an event carries its name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

import structlog

from clinic_platform.metrics import SCHEDULES_UNKNOWN

log = structlog.get_logger()


class Named(Protocol):
    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)


class BadSchedules(ValueError):
    """Two have one name, or the usual one is not there. The message names it."""


@dataclass(frozen=True, slots=True)
class Schedules(Generic[T]):
    """Those that a service has; `usual` names the one that is followed where none is named."""

    by_name: Mapping[str, T]
    usual: str

    @classmethod
    def of(cls, schedules: Iterable[T], *, usual: str) -> Self:
        """Raises BadSchedules."""
        by_name: dict[str, T] = {}
        for schedule in schedules:
            if schedule.name in by_name:
                raise BadSchedules(f"{schedule.name} is the name of two schedules.")
            by_name[schedule.name] = schedule
        if usual not in by_name:
            raise BadSchedules(f"There is no schedule {usual}, and it is the usual one.")
        return cls(by_name, usual)

    def named(self, name: str | None) -> T:
        """The usual one where no name is given, as in events of before.

        It stands in for one that is not known here, too: whoever was treated is asked how they are
        whatever a file holds. That is logged and counted, so that somebody mends it.
        """
        if name is not None and name not in self.by_name:
            SCHEDULES_UNKNOWN.inc()
            log.error("schedule_unknown", schedule=name)
            name = None
        return self.by_name[self.usual if name is None else name]

    def __iter__(self) -> Iterator[T]:
        return iter(self.by_name.values())
