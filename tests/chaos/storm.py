"""Thousands of commands while things fail: afterwards nothing is lost, doubled or out of order.

`python -m tests.chaos.storm kills --commands 5000 --seed 1`. README.md here explains the table.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console
from rich.table import Table

from clinic_ctl.sandbox import NotSettled
from clinic_ctl.stack.processes import ProcessFailed
from tests.chaos.checkers import Violation, check, twice_in_the_letter_box, uncertain
from tests.chaos.checkers.answering import answered_in
from tests.chaos.evidence import Evidence
from tests.chaos.playing import Wish
from tests.chaos.run import Run
from tests.chaos.scenarios import SCENARIOS, Scenario

COMMANDS: Final = 5_000
QUICK_COMMANDS: Final = 280
SHOWN_AT_MOST: Final = 20
# A thousand enquiries a minute come from this one address.
ENOUGH_REQUESTS: Final = "1000000"

# A client or a fault that failed; a part that did not come back; no quiet in time.
ENDS_A_STORM: Final = (ExceptionGroup, ProcessFailed, NotSettled, TimeoutError, httpx.HTTPError)

console: Final = Console(width=160, highlight=False)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="tests.chaos.storm", description=__doc__)
    arguments.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], help="all, if none")
    arguments.add_argument("--commands", type=int, help="of the scenario with the most")
    arguments.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    arguments.add_argument("--quick", action="store_true", help="few commands, short faults")
    options = arguments.parse_args()
    commands = options.commands or (QUICK_COMMANDS if options.quick else COMMANDS)
    os.environ["INTAKE_PUBLIC_REQUESTS_PER_MINUTE"] = ENOUGH_REQUESTS
    root = Path(tempfile.mkdtemp(prefix="clinic-storm-"))
    table, wrong = _table(), 0
    for name in options.scenarios or SCENARIOS:
        scenario = SCENARIOS[name]
        asked = commands if options.quick else round(commands * scenario.share)
        wish = Wish(seed=options.seed, commands=asked, quick=options.quick, folder=root / name)
        console.print(f"{name}: seed {wish.seed}, {wish.patients} patients", markup=False)
        wrong += not _played(scenario, wish, table)
    console.print(table)
    if wrong:
        console.print(f"Everything of what failed is in {root}", markup=False)
        return 1
    shutil.rmtree(root)
    return 0


def _played(scenario: Scenario, wish: Wish, table: Table) -> bool:
    """Whether all held. What it has left is kept if not."""
    began = time.monotonic()
    try:
        run, evidence = asyncio.run(scenario.play(wish))
    # What ends a storm is a row of the table, and the next one begins.
    except ENDS_A_STORM:
        console.print(traceback.format_exc(), markup=False)
        table.add_row(scenario.name, str(wish.seed), *["?"] * 10, "it did not come to its end")
        return False
    found = check(evidence)
    lines = [
        f"  {found_here.invariant} {found_here.kind}: {found_here.what}" for found_here in found
    ]
    (wish.folder / "violations.txt").write_text("\n".join(lines))
    for line in lines[:SHOWN_AT_MOST]:
        console.print(line, markup=False)
    _add_row(table, scenario, wish, run, evidence, found)
    seconds = time.monotonic() - began
    console.print(f"{scenario.name}: {len(found)} violations, {seconds:.0f} s", markup=False)
    if not found:
        shutil.rmtree(wish.folder)
    return not found


def _table() -> Table:
    columns = ("storm", "seed", "commands", "events", "faults", "lost", "doubled", "out of order")
    rest = ("converged in s", "letters", "uncertain, twice", "refused", "in outages")
    return Table(*columns, *rest, box=None, pad_edge=False)


def _add_row(
    table: Table,
    scenario: Scenario,
    wish: Wish,
    run: Run,
    evidence: Evidence,
    found: list[Violation],
) -> None:
    kinds = Counter(violation.kind for violation in found)
    table.add_row(
        scenario.name,
        str(wish.seed),
        str(len(evidence.calls)),
        str(len(evidence.events)),
        str(len(run.conductor.struck)),
        *(str(kinds[kind]) for kind in ("lost", "doubled", "disordered")),
        f"{evidence.converged_in:.1f}",
        str(len(evidence.letters)),
        f"{uncertain(evidence)}, {twice_in_the_letter_box(evidence)}",
        str(sum(call.refusals for call in evidence.calls)),
        "{} of {}".format(*reversed(answered_in(evidence.outages, evidence.calls))),
    )


if __name__ == "__main__":
    sys.exit(main())
