"""Results as tables: in `README.md` between two marks, and on the screen."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from statistics import median
from typing import Any, Final

MARK: Final = "<!-- results -->"
END_MARK: Final = "<!-- /results -->"
VERDICTS: Final[Mapping[object, str]] = {True: "met", False: "MISSED", None: "not measured"}

Results = Mapping[str, Mapping[str, Any]]


def with_tables(page: str, results: Results) -> str:
    """The page with the results between its marks."""
    head, _, rest = page.partition(MARK)
    _, _, tail = rest.partition(END_MARK)
    return f"{head}{MARK}\n{tables(results)}{END_MARK}{tail}"


def tables(results: Results) -> str:
    return "".join([*_when(results), *_figures(results), *_bars(results)])


def _when(results: Results) -> Iterator[str]:
    """A line for each run that is in the tables, with the questions it asked."""
    for where, names in groupby(results, key=lambda name: _where(results[name])):
        yield f"{', '.join(names)}: {where}\n\n"


def _where(result: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return f"{result['measured_on']}, {result['machine']}; {versions}."


def _figures(results: Results) -> Iterator[str]:
    yield "| question | contender | median | lowest to highest | rounds | unit |\n"
    yield "|---|---|---|---|---|---|\n"
    for name, result in results.items():
        for contender, figures in result["rounds"].items():
            spread = f"{min(figures):,.0f} to {max(figures):,.0f}"
            unit = result.get("units", {}).get(contender, result["unit"])
            row = (name, contender, f"{median(figures):,.0f}", spread, str(len(figures)), unit)
            yield f"| {' | '.join(row)} |\n"


def _bars(results: Results) -> Iterator[str]:
    yield "\n| question | what | it is | bar | |\n|---|---|---|---|---|\n"
    for name, result in results.items():
        for bar in result["bars"]:
            what = bar["of"] if bar["by"] is None else f"{bar['of']} ÷ {bar['by']}"
            it_is = "" if bar["ratio"] is None else f"{bar['ratio']:.2f}"
            yield f"| {name} | {what} | {it_is} | {bar['bar']} | {VERDICTS[bar['met']]} |\n"
