"""`python -m benchmarks [question …]`: on a stack of its own; tables, and results as JSON."""

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import uvloop

from benchmarks import page
from benchmarks.measure import Answer, Bar, Ground, Question, asked
from benchmarks.surroundings import machine, versions
from clinic_ctl.stack.stack import Stack
from clinic_platform.clock import utc_now
from clinic_platform.ids import draw_ahead

QUESTIONS: Final = (
    *("consume", "effects", "relay", "latency", "api"),
    *("slots", "booking", "readings", "board"),
    *("promises", "growth", "memory"),
)
RESULTS: Final = Path(__file__).parent / "results.json"
README: Final = Path(__file__).parent / "README.md"
ROUNDS: Final = 3  # with fewer, nothing is kept


def main() -> None:
    arguments = argparse.ArgumentParser(prog="benchmarks")
    arguments.add_argument("questions", nargs="*", help=", ".join(QUESTIONS))
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    options = arguments.parse_args()
    chosen = options.questions or QUESTIONS
    if unknown := {*chosen} - {*QUESTIONS}:
        arguments.error(f"There is no question {', '.join(sorted(unknown))}.")
    as_a_service_starts()
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), anywhere=True, warn=show)
        stack.up(["kafka", "mongo"])
        try:
            results = answered(chosen, Ground(stack), rounds=options.rounds)
        finally:
            stack.down()
    print(page.tables(results))
    if options.rounds < ROUNDS:
        show(f"Nothing is kept of fewer than {ROUNDS} rounds.")


def answered(names: Sequence[str], ground: Ground, *, rounds: int) -> dict[str, Mapping[str, Any]]:
    """Each is kept as soon as it is answered: the next one may fail."""
    if ground.stack.part("kafka").addresses["kind"] == "mock":
        raise SystemExit("A broker in memory is not measured: Apache Kafka needs Maven, once.")
    results: dict[str, Mapping[str, Any]] = {}
    for name in names:
        question = question_of(name)
        times = min(rounds, int(getattr(question, "ROUNDS", sys.maxsize)))
        answer = uvloop.run(asked(name, question, ground, rounds=times, show=show))
        results[name] = result_of(answer, question, versions(ground))
        if rounds >= ROUNDS:
            keep(name, results[name])
    return results


def as_a_service_starts() -> None:
    """What `clinic_platform.backbone` does before a service works, here for every contender."""
    draw_ahead()
    gc.collect()
    gc.freeze()


def question_of(name: str) -> Question:
    return cast(Question, import_module(f"benchmarks.questions.{name}"))


def show(line: str) -> None:
    print(line, flush=True)


def result_of(answer: Answer, question: Question, versions: Mapping[str, str]) -> dict[str, Any]:
    return {
        "unit": answer.unit,
        "units": dict(answer.units),
        "measured_on": utc_now().date().isoformat(),
        "machine": machine(),
        "versions": dict(versions),
        "rounds": answer.rounds,
        "bars": [shown(answer, bar) for bar in question.BARS],
    }


def shown(answer: Answer, bar: Bar) -> dict[str, object]:
    ratio = answer.ratio(bar)
    is_met = None if ratio is None else bar.is_met(ratio)
    rounded = None if ratio is None else round(ratio, 2)
    return {"of": bar.of, "by": bar.by, "bar": str(bar), "ratio": rounded, "met": is_met}


def keep(name: str, result: Mapping[str, Any]) -> None:
    """With what was measured before of other questions."""
    known = {**json.loads(RESULTS.read_text()), name: result}
    results = {name: known[name] for name in QUESTIONS if name in known}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    README.write_text(page.with_tables(README.read_text(), results))


if __name__ == "__main__":
    main()
