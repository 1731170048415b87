"""`python -m benchmarks [question …]`: on a stack of its own; a table, and results as JSON."""

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final, cast

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Answer, Bar, Ground, Question, asked
from clinic_ctl.stack.stack import Stack
from clinic_platform.clock import utc_now

QUESTIONS: Final = ("consume", "effects", "relay", "latency", "api", "promises", "growth", "memory")
PACKAGES: Final = ("aiokafka", "motor", "pymongo", "pydantic", "uvloop")
RESULTS: Final = Path(__file__).parent / "results.json"
README: Final = Path(__file__).parent / "README.md"
MARK: Final = "<!-- results -->"
END_MARK: Final = "<!-- /results -->"
ROUNDS: Final = 3
VERDICTS: Final[Mapping[object, str]] = {True: "met", False: "MISSED", None: "not measured"}

console: Final = Console(width=140, highlight=False)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="benchmarks")
    arguments.add_argument("questions", nargs="*", help=", ".join(QUESTIONS))
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    told = arguments.parse_args()
    chosen = told.questions or QUESTIONS
    if unknown := {*chosen} - {*QUESTIONS}:
        arguments.error(f"There is no question {', '.join(sorted(unknown))}.")
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), anywhere=True)
        stack.up(["kafka", "mongo"])
        try:
            answers = {
                name: uvloop.run(
                    asked(
                        name,
                        question_of(name),
                        Ground(stack),
                        rounds=min(told.rounds, rounds_of(name)),
                        say=say,
                    )
                )
                for name in chosen
            }
        finally:
            stack.down()
    keep(answers)
    console.print(table_of(answers))


def question_of(name: str) -> Question:
    return cast(Question, import_module(f"benchmarks.questions.{name}"))


def rounds_of(name: str) -> int:
    """As many as anybody likes, unless the question says how many it can bear."""
    return int(getattr(question_of(name), "ROUNDS", sys.maxsize))


def say(line: str) -> None:
    console.print(line, style="dim", markup=False)


def keep(answers: Mapping[str, Answer]) -> None:
    """With what was measured before of other questions."""
    before = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    measured = {
        name: {
            "unit": answer.unit,
            "measured_on": utc_now().date().isoformat(),
            "machine": machine(),
            "versions": {package: version(package) for package in PACKAGES},
            "rounds": answer.rounds,
            "bars": [shown(answer, bar) for bar in question_of(name).BARS],
        }
        for name, answer in answers.items()
    }
    all_of_it = {**before, **measured}
    results = {name: all_of_it[name] for name in QUESTIONS if name in all_of_it}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    README.write_text(with_table(README.read_text(), results))


def machine() -> str:
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    gib = round(int(memory[1]) / 1024**2) if memory else "?"
    return (
        f"{os.cpu_count()} × {cpu[1] if cpu else platform.machine()}, {gib} GiB,"
        f" Python {platform.python_version()}"
    )


def with_table(page: str, results: Mapping[str, Any]) -> str:
    """The page with the results between its marks."""
    head, _, rest = page.partition(MARK)
    _, _, tail = rest.partition(END_MARK)
    return f"{head}{MARK}\n{''.join(lines_of(results))}{END_MARK}{tail}"


def lines_of(results: Mapping[str, Any]) -> Iterator[str]:
    last = max(results.values(), key=lambda told: str(told["measured_on"]))
    versions = ", ".join(f"{name} {number}" for name, number in last["versions"].items())
    yield f"{last['measured_on']}, {last['machine']}. Kafka 4.3.1, mongod 6.0.5; {versions}.\n\n"
    yield "| question | contender | median | lowest to highest | unit |\n|---|---|---|---|---|\n"
    for name, told in results.items():
        for contender, figures in told["rounds"].items():
            spread = f"{min(figures):,.0f} to {max(figures):,.0f}"
            yield f"| {name} | {contender} | {median(figures):,.0f} | {spread} | {told['unit']} |\n"
    yield "\n| question | ratio | | bar | |\n|---|---|---|---|---|\n"
    for name, told in results.items():
        for bar in told["bars"]:
            ratio = "" if bar["ratio"] is None else f"{bar['ratio']:.2f}"
            verdict = VERDICTS[bar["met"]]
            yield f"| {name} | {bar['of']} ÷ {bar['by']} | {ratio} | {bar['bar']} | {verdict} |\n"


def shown(answer: Answer, bar: Bar) -> dict[str, object]:
    ratio = answer.ratio(bar)
    is_met = None if ratio is None else bar.is_met(ratio)
    rounded = None if ratio is None else round(ratio, 2)
    return {"of": bar.of, "by": bar.by, "bar": str(bar), "ratio": rounded, "met": is_met}


def table_of(answers: Mapping[str, Answer]) -> Table:
    table = Table("question", "contender", "median", "spread", "ratio", "bar", box=None)
    for name, answer in answers.items():
        bars: Sequence[Bar] = question_of(name).BARS
        for contender, figures in answer.rounds.items():
            spread = f"{min(figures):,.0f} to {max(figures):,.0f} {answer.unit}"
            table.add_row(name, contender, f"{answer.median(contender):,.0f}", spread, "", "")
        for bar in bars:
            told = shown(answer, bar)
            ratio = "" if told["ratio"] is None else f"{told['ratio']}"
            verdict = VERDICTS[told["met"]]
            table.add_row("", f"{bar.of} ÷ {bar.by}", "", "", ratio, f"{bar}: {verdict}")
    return table


if __name__ == "__main__":
    main()
