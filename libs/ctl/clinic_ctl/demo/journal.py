"""What was seen: each step as it happens, then all of them as a table, or as JSON."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH: Final = 160  # where the output is no terminal and has no width of its own


class JourneyBroken(Exception):
    """A step was not seen; the sentence names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was seen to happen. `event` is its name on a topic, if it has one; `at` the
    time on the clinic's wall; `seen` a short account of what came back."""

    number: int
    service: str
    title: str
    event: str
    at: datetime
    seen: str


class Journal(Protocol):
    def note(self, step: Step) -> None: ...

    def close(self, counts: Mapping[str, object]) -> None: ...


class Shown:
    """For people: live, then a table and the counts."""

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
        self._console = Console(width=None if is_terminal else WIDTH, highlight=False)
        self._steps: list[Step] = []

    def note(self, step: Step) -> None:
        self._steps.append(step)
        line = Text.assemble(
            (f"{step.at:%a %d %b %H:%M}", "dim"),
            "  ",
            (f"{step.service:<13}", "cyan"),
            f" {step.title}",
            (f"  {step.event}" if step.event else "", "green"),
            (f"  {step.seen}" if step.seen else "", "dim"),
        )
        self._console.print(line, soft_wrap=True)

    def close(self, counts: Mapping[str, object]) -> None:
        table = Table("#", "time", "service", "what", "event", "seen", box=None, pad_edge=False)
        for step in self._steps:
            when = f"{step.at:%a %d %b %H:%M}"
            cells = (step.service, step.title, step.event, step.seen)
            table.add_row(str(step.number), when, *map(Text, cells))
        self._console.print("", table, "", sep="\n")
        for name, count in counts.items():
            line = f"{name.replace('_', ' '):<24}{_short(count)}"
            self._console.print(line, markup=False, soft_wrap=True)


class Written:
    """For programs: one JSON object a step, and a last one with the counts."""

    def note(self, step: Step) -> None:
        self._write({**asdict(step), "at": step.at.isoformat()})

    def close(self, counts: Mapping[str, object]) -> None:
        self._write({"counts": counts})

    def _write(self, document: Mapping[str, object]) -> None:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()


def _short(count: object) -> str:
    if isinstance(count, Mapping):
        return "".join(f"\n  {name:<40}{number:>4}" for name, number in count.items())
    return str(count)
