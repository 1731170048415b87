"""How the watch is kept, from its file: every number stands there as `{value: …, source: …}`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from clinic_sessions.domain.bedside.alarms import Chase
from clinic_sessions.domain.bedside.reading import ClockTolerance
from clinic_sessions.domain.protocols.limits import LEVELS, Level

Document = Mapping[str, Any]


class BadWatchPolicy(ValueError):
    """The file cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPolicy:
    """`version` is the file's. `gates_look_back`: how old a reading may be that gates see.

    `chase` gives for each level how it is seen to, `overdue_calls` who is called when a reading is
    overdue, by their role on the rota.
    """

    version: int
    caution_every: timedelta
    gates_look_back: timedelta
    tolerance: ClockTolerance
    chase: Mapping[Level, Chase]
    overdue_calls: str

    @property
    def called(self) -> tuple[str, ...]:
        """Every role that is called at all, in the order in which they first are."""
        steps = (role for level in LEVELS for role in self.chase[level].calls)
        return tuple(dict.fromkeys((self.overdue_calls, *steps)))

    @classmethod
    def parse(cls, document: Document) -> Self:
        """Raises BadWatchPolicy."""
        try:
            clock = document["clock"]
            return cls(
                version=document["version"],
                caution_every=_minutes(document["caution_every_minutes"]),
                gates_look_back=_minutes(document["gates_look_back_minutes"]),
                tolerance=ClockTolerance(
                    *(_minutes(clock[f"{name}_minutes"]) for name in ("ahead", "behind", "prompt"))
                ),
                chase={level: _chase(document["alarms"][level]) for level in LEVELS},
                overdue_calls=_role(_required(document["reading_overdue_calls"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadWatchPolicy(f"The policy of the watch lacks or mistypes {error}.") from None


def _chase(document: Document) -> Chase:
    return Chase(
        acknowledge_within=_minutes(document["acknowledge_within_minutes"]),
        again_every=_minutes(document["again_every_minutes"]),
        then_every=_minutes(document["then_every_minutes"]),
        calls=tuple(map(_role, _required(document["calls"]))),
        remind_every=_minutes(document["remind_every_minutes"]),
    )


def _minutes(number: Document) -> timedelta:
    return timedelta(minutes=_value(number))


def _value(number: Document) -> float:
    """The value of a number that has a source."""
    value: float = _required(number)
    return value


def _required(part: Document) -> Any:
    if not part["source"]:
        raise ValueError("a source")
    return part["value"]


def _role(name: object) -> str:
    if not isinstance(name, str) or not name:
        raise TypeError("a role")
    return name
