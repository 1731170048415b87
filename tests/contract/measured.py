"""`docs/metrics.md`: everything that is measured, as a person reads it. `make golden` writes it."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from prometheus_client.metrics import MetricWrapperBase

from clinic_events import metrics as of_events
from clinic_platform import metrics as of_services

PATH: Final = Path(__file__).parents[2] / "docs/metrics.md"
HEAD: Final = """# Metrics

Made from the code by `make golden`: change [events](../libs/events/clinic_events/metrics.py) and
[services](../libs/platform/clinic_platform/metrics.py), not this. Each process shows its own at
`/metrics` on its management port, for Prometheus. Counters begin at 0 with the process. No label
ever names a patient.
"""
PARTS: Final = {"Events": of_events, "Services": of_services}
COLUMNS: Final = "\n| metric | kind | labels | what it measures |\n|---|---|---|---|\n"


def page() -> str:
    tables = (f"\n## {part}\n{COLUMNS}{_rows(module)}" for part, module in PARTS.items())
    return HEAD + "".join(tables)


def of(module: ModuleType) -> Iterator[Any]:
    """The metrics a module declares; the client's own class has no public names for what it is."""
    return (thing for thing in vars(module).values() if isinstance(thing, MetricWrapperBase))


def name_of(metric: Any) -> str:
    return f"{metric._name}_total" if metric._type == "counter" else str(metric._name)


def _rows(module: ModuleType) -> str:
    return "".join(f"| {' | '.join(_cells(metric))} |\n" for metric in of(module))


def _cells(metric: Any) -> tuple[str, ...]:
    labels = ", ".join(metric._labelnames)
    return f"`{name_of(metric)}`", metric._type, labels, metric._documentation
