"""The whole journey again and again, with services killed at random: it must end as if nothing was.

`python -m tests.chaos.kills --runs 10 --seed 1`. README.md here explains the table.
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
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Final, Self

from rich.console import Console
from rich.table import Table

from clinic_ctl.stack.processes import ProcessFailed
from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack

KILLS_A_RUN: Final = 5
TWO_AT_ONCE: Final = 0.3
PAUSE_AT_MOST: Final = 0.5  # seconds after a step: about as long as the next one takes
ENDS_WITHIN: Final = 600.0

console: Final = Console(width=150, highlight=False)


@dataclass(frozen=True, slots=True)
class Kill:
    """So many seconds after that step of the journey, and who is killed then."""

    step: int
    pause: float
    services: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.step}+{self.pause:.1f} s {' and '.join(self.services)}"


class Journey:
    """One playing of the demo: its steps, its counts at the end, how long it took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps = 0
        self.counts: Mapping[str, object] | None = None
        self.seconds = 0.0
        self.problem = ""
        self._has_ended = False
        self._moved = Condition()

    def play(self, kills: Sequence[Kill] = ()) -> Self:
        """To its end, whatever happens on the way."""
        command = [sys.executable, "-m", "clinic_ctl", "demo", "--json", "--dir", str(self.folder)]
        errors, stack = self.folder.with_suffix(".errors"), Stack(self.folder, anywhere=True)
        began_at = time.monotonic()
        with errors.open("w") as out:
            demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True)
        assert demo.stdout is not None
        reading = Thread(target=self._read, args=(demo.stdout,))
        reading.start()
        try:
            for kill in kills:
                self._kill(stack, kill)
            demo.wait(ENDS_WITHIN)
        except ProcessFailed as failure:  # somebody did not come back
            self.problem = str(failure).partition("\n")[0]
        finally:
            demo.kill()
            reading.join()
            stack.down()
        self.seconds = time.monotonic() - began_at
        if demo.wait() and not self.problem:
            self.problem = errors.read_text().strip().rpartition("\n")[2] or "it failed"
        return self

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            with self._moved:
                self.counts = json.loads(line).get("counts")
                self.steps += self.counts is None
                self._moved.notify()
        with self._moved:
            self._has_ended = True
            self._moved.notify()

    def _kill(self, stack: Stack, kill: Kill) -> None:
        """And bring back at once: the journey cannot end while anybody is away."""
        with self._moved:
            self._moved.wait_for(lambda: self.steps >= kill.step or self._has_ended)
        time.sleep(kill.pause)
        if not self._has_ended:
            for service in kill.services:
                stack.kill(service)
            stack.up(kill.services)


def planned(seed: int, steps: int) -> list[Kill]:
    """The same for the same seed. After the last step there is nothing left to disturb."""
    dice = random.Random(seed)
    return [
        Kill(
            step,
            dice.uniform(0, PAUSE_AT_MOST),
            tuple(dice.sample(NAMES, 2 if dice.random() < TWO_AT_ONCE else 1)),
        )
        for step in sorted(dice.sample(range(1, steps - 1), KILLS_A_RUN))
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
    options = arguments.parse_args()
    root = Path(tempfile.mkdtemp(prefix="clinic-kills-"))
    undisturbed = Journey(root / "undisturbed").play()
    if undisturbed.counts is None or undisturbed.problem:
        console.print(f"The undisturbed journey failed:\n{undisturbed.problem}", markup=False)
        return 1
    table = Table("run", "seed", "seconds", "same?", "killed", box=None, pad_edge=False)
    table.add_row("-", "-", f"{undisturbed.seconds:.0f}", "", "nobody")
    wrong: list[str] = []
    for number, seed in enumerate(range(options.seed, options.seed + options.runs), start=1):
        kills = planned(seed, undisturbed.steps)
        journey = Journey(root / f"seed-{seed}").play(kills)
        found = [*differences(undisturbed.counts, journey.counts)]
        found += [journey.problem] if journey.problem else []
        wrong += [f"seed {seed}: {line}" for line in found]
        same = "NO" if found else "yes"
        killed = "; ".join(map(str, kills))
        table.add_row(str(number), str(seed), f"{journey.seconds:.0f}", same, killed)
        console.print(f"run {number} of {options.runs}, seed {seed}: {same}", markup=False)
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
