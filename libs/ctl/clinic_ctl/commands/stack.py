"""`clinicctl stack …`: the local stack in the background. `clinicctl run`: in the foreground."""

import signal
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from clinic_ctl.commands.common import (
    DEFAULT_FOLDER,
    Folder,
    console,
    errors_in_one_line,
    shown,
    the_stack,
)
from clinic_ctl.stack import parts
from clinic_ctl.stack.processes import ProcessFailed
from clinic_ctl.stack.stack import Stack
from clinic_ctl.stack.state import Running

LOOK_EVERY: Final = 0.5

app = typer.Typer(help="The local stack in the background.", no_args_is_help=True)


@app.command()
def up(
    folder: Folder = DEFAULT_FOLDER,
    only: Annotated[
        str, typer.Option(help="Some parts, with commas: kafka,mongo,devtools,sessions …")
    ] = ",".join(parts.ALL),
) -> None:
    """Start it; what runs already is used as it is."""
    with errors_in_one_line():
        console.print(shown(_started(the_stack(folder), only)))


@app.command()
def down(folder: Folder = DEFAULT_FOLDER) -> None:
    """End it. Its data stays for the next time."""
    with errors_in_one_line():
        the_stack(folder).down()


@app.command()
def status(folder: Folder = DEFAULT_FOLDER) -> None:
    """What runs, and where. Code 1 when a part that was started has ended."""
    running = the_stack(folder).status()
    if not running:
        console.print("Nothing runs here. `clinicctl stack up` starts it.")
        return
    console.print(shown(running))
    if not all(part.is_usable for part in running):
        raise typer.Exit(1)


@app.command()
def restart(name: str, folder: Folder = DEFAULT_FOLDER) -> None:
    """End one part and start it again where it was."""
    with errors_in_one_line():
        console.print(shown([the_stack(folder).restart(name)]))


@app.command()
def logs(
    name: str,
    folder: Folder = DEFAULT_FOLDER,
    lines: Annotated[int, typer.Option("-n", help="How many of the last.")] = 50,
    follow: Annotated[bool, typer.Option("-f", help="Go on as they come.")] = False,
) -> None:
    """A part's log."""
    with errors_in_one_line():
        path = Path(the_stack(folder).part(name).log)
    for line in _lines(path, lines, follow=follow):
        console.print(line, end="", markup=False, highlight=False, soft_wrap=True)


def run(folder: Folder = DEFAULT_FOLDER) -> None:
    """Start the whole stack, show where it is, and end it in order on Ctrl-C."""
    stack = the_stack(folder)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with errors_in_one_line():
        try:
            console.print(shown(_started(stack, ",".join(parts.ALL))))
            console.print("Ctrl-C ends it. Its data stays for the next time.")
            _watch(stack)
        except KeyboardInterrupt:
            console.print("Ending …")
        finally:
            stack.down()


def _started(stack: Stack, only: str) -> list[Running]:
    began = time.monotonic()
    with console.status("Starting …"):
        running = stack.up([name.strip() for name in only.split(",")])
    console.print(f"Up in {time.monotonic() - began:.1f} s.")
    return running


def _watch(stack: Stack) -> None:
    """Until interrupted, or until a part ends by itself: ProcessFailed."""
    while all(part.is_alive for part in stack.status()):
        time.sleep(LOOK_EVERY)
    lost = next((part for part in stack.status() if not part.is_alive), None)
    if lost is not None:
        raise ProcessFailed(lost.name, "has ended by itself", Path(lost.log))


def _lines(path: Path, count: int, *, follow: bool) -> Iterator[str]:
    with path.open(errors="replace") as log:
        yield from deque(log, maxlen=count)
        while follow:
            line = log.readline()
            if line:
                yield line
            else:
                time.sleep(LOOK_EVERY)
