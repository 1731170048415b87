"""What the commands share: the folder, the console, the stack, and how errors are shown."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.console import Console
from rich.table import Table

from clinic_ctl.sandbox import NotSettled
from clinic_ctl.stack.issuer import UnknownRole
from clinic_ctl.stack.parts import ROOT
from clinic_ctl.stack.processes import ProcessFailed
from clinic_ctl.stack.stack import NotRunning, Stack, StillStarting, UnknownPart
from clinic_ctl.stack.state import Running
from clinic_ctl.stack.topics import TopicRefused
from clinic_events.errors import Unavailable
from clinic_events.ports import NotFirst, NotParked
from clinic_platform.environment import BadSettings

console: Final = Console()
errors: Final = Console(stderr=True)

Folder = Annotated[
    Path,
    typer.Option("--dir", envvar="CLINIC_DIR", help="Where this stack keeps everything."),
]
DEFAULT_FOLDER: Final = ROOT / ".clinic"

REFUSALS: Final = (
    BadSettings,
    NotRunning,
    NotFirst,
    NotParked,
    NotSettled,
    ProcessFailed,
    StillStarting,
    TopicRefused,
    Unavailable,
    UnknownPart,
    UnknownRole,
    httpx.HTTPError,
)


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """A refusal is a sentence on stderr and code 1, never a trace."""
    try:
        yield
    except REFUSALS as refusal:
        errors.print(f"[red]{type(refusal).__name__}[/]", end=" ")
        errors.print(str(refusal), markup=False, highlight=False)
        raise typer.Exit(1) from None


def the_stack(folder: Path, *, anywhere: bool = False) -> Stack:
    """The stack of a folder. MONGO_URL and KAFKA_BOOTSTRAP_SERVERS are used where they are set."""
    given: dict[str, Running] = {}
    if address := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        given["kafka"] = Running.given("kafka", bootstrap_servers=address)
    if address := os.environ.get("MONGO_URL"):
        given["mongo"] = Running.given("mongo", url=address)
    return Stack(folder, given=given, anywhere=anywhere, warn=warn)


def warn(text: str) -> None:
    errors.print(f"[bold yellow]{text}[/]")


def shown(parts: list[Running]) -> Table:
    table = Table("part", "state", "pid", "address", box=None, pad_edge=False)
    for part in parts:
        state = "[green]running[/]" if part.is_usable else "[red]not running[/]"
        pid = "given" if part.pid is None else str(part.pid)
        table.add_row(part.name, state, pid, "\n".join(_addresses(part)))
    return table


def _addresses(part: Running) -> Iterator[str]:
    for what, address in part.addresses.items():
        if what == "http" and part.name != "devtools":
            yield f"{address}/openapi.json"
        else:
            yield address
