"""Seed after seed, on all processors: `python -m tests.simulation --seeds 5000 --from 1`.

Each one that finds something is printed with what it found, and the exit code is 1.
"""

import argparse
import os
import sys
import time
from multiprocessing import Pool

from rich.console import Console

from tests.simulation.checkers import check
from tests.simulation.quiet import quiet
from tests.simulation.world import played

SHOWN_AT_MOST = 5


def main() -> int:
    arguments = argparse.ArgumentParser(prog="tests.simulation", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=5_000)
    arguments.add_argument("--from", type=int, default=int(time.time()) % 1_000_000, dest="first")
    options = arguments.parse_args()
    console = Console(width=150, highlight=False)
    seeds = range(options.first, options.first + options.seeds)
    began, wrong, faults = time.monotonic(), 0, 0
    with Pool(os.cpu_count()) as pool:
        for seed, befell, found in pool.imap(_one, seeds, chunksize=20):
            faults += befell
            wrong += bool(found)
            for line in found[:SHOWN_AT_MOST]:
                console.print(f"seed {seed}: {line}", markup=False)
    a_minute = options.seeds / (time.monotonic() - began) * 60
    line = f"seeds {seeds[0]} to {seeds[-1]}: {wrong} failed, {faults} faults"
    console.print(f"{line}, {a_minute:.0f} seeds a minute", markup=False)
    return 1 if wrong else 0


def _one(seed: int) -> tuple[int, int, list[str]]:
    with quiet():
        evidence = played(seed)
    return seed, evidence.faults, check(evidence)


if __name__ == "__main__":
    sys.exit(main())
