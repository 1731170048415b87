"""The whole journey again and again, with services killed at random: it must end as if nothing was.

`python -m tests.chaos.kills --runs 10 --seed 1`. README.md here says what the table means.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import IO, Final

from rich.console import Console
from rich.table import Table

from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack

KILLS_A_RUN: Final = 5
TWO_AT_ONCE: Final = 0.3
# They fall into this part of an undisturbed journey: at its end there is nothing left to disturb.
WITHIN: Final = 0.9
ENDS_WITHIN: Final = 600.0

console: Final = Console(width=150, highlight=False)


@dataclass(frozen=True, slots=True)
class Kill:
    """Seconds after the journey's first step, and who is killed then."""

    at: float
    services: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.at:.1f} s {' and '.join(self.services)}"


@dataclass(slots=True)
class Journey:
    """One playing of the demo: its first step, its counts at the end, how long it took."""

    folder: Path
    began: Event = field(default_factory=Event)
    ended: Event = field(default_factory=Event)
    counts: Mapping[str, object] | None = None
    seconds: float = 0.0
    problem: str = ""

    def play(self, kills: Sequence[Kill] = ()) -> "Journey":
        """To its end, whatever happens on the way."""
        command = [sys.executable, "-m", "clinic_ctl", "demo", "--json", "--dir", str(self.folder)]
        errors = self.folder.with_suffix(".errors")
        stack = Stack(self.folder, anywhere=True)
        with errors.open("w") as out:
            demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True)
        assert demo.stdout is not None
        reading = Thread(target=self._read, args=(demo.stdout,))
        reading.start()
        try:
            self._disturb(stack, kills)
            self.ended.wait(ENDS_WITHIN)
        finally:
            demo.kill() if not self.ended.is_set() else demo.wait()
            reading.join()
            stack.down()
        self.problem = errors.read_text().strip() if demo.wait() else ""
        return self

    def _read(self, lines: IO[str]) -> None:
        began_at = 0.0
        for line in lines:
            if not self.began.is_set():
                began_at = time.monotonic()
                self.began.set()
            self.counts = json.loads(line).get("counts")
            self.seconds = time.monotonic() - began_at
        self.ended.set()
        self.began.set()

    def _disturb(self, stack: Stack, kills: Sequence[Kill]) -> None:
        """Kill at each moment and bring back at once. A journey cannot end while one is away."""
        self.began.wait()
        began_at = time.monotonic()
        for kill in kills:
            if self.ended.wait(max(0.0, began_at + kill.at - time.monotonic())):
                return
            for service in kill.services:
                stack.kill(service)
            stack.up(kill.services)


def planned(seed: int, seconds: float) -> list[Kill]:
    """The same for the same seed and length."""
    dice = random.Random(seed)
    moments = sorted(dice.uniform(0, seconds * WITHIN) for _ in range(KILLS_A_RUN))
    return [
        Kill(moment, tuple(dice.sample(NAMES, 2 if dice.random() < TWO_AT_ONCE else 1)))
        for moment in moments
    ]


def differences(one: Mapping[str, object], other: Mapping[str, object] | None) -> Iterator[str]:
    if other is None:
        yield "it did not come to its end"
        return
    for name in one.keys() | other.keys():
        if one.get(name) != other.get(name):
            yield f"{name}: {one.get(name)} undisturbed, {other.get(name)} here"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="tests.chaos.kills", description=__doc__)
    arguments.add_argument("--runs", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=1, help="of the first run; then one more")
    told = arguments.parse_args()
    root = Path(tempfile.mkdtemp(prefix="clinic-kills-"))
    undisturbed = Journey(root / "undisturbed").play()
    if undisturbed.counts is None or undisturbed.problem:
        console.print(f"The undisturbed journey failed:\n{undisturbed.problem}", markup=False)
        return 1
    table = Table("run", "seed", "seconds", "same?", "killed", box=None, pad_edge=False)
    table.add_row("-", "-", f"{undisturbed.seconds:.0f}", "", "nobody")
    wrong: list[str] = []
    for number, seed in enumerate(range(told.seed, told.seed + told.runs), start=1):
        kills = planned(seed, undisturbed.seconds)
        journey = Journey(root / f"seed-{seed}").play(kills)
        found = [*differences(undisturbed.counts, journey.counts), *journey.problem.splitlines()]
        wrong += [f"seed {seed}: {line}" for line in found]
        same = "NO" if found else "yes"
        killed = "; ".join(map(str, kills))
        table.add_row(str(number), str(seed), f"{journey.seconds:.0f}", same, killed)
        console.print(f"run {number} of {told.runs}, seed {seed}: {same}", markup=False)
        if not found:
            shutil.rmtree(journey.folder)
    console.print(table)
    if wrong:
        console.print("\n".join(wrong), f"Everything of these runs is in {root}", markup=False)
        return 1
    shutil.rmtree(root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
