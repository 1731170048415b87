"""`clinicctl demo`: the patient's journey on a fresh stack of its own."""

import asyncio
import shutil
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer

from clinic_ctl.commands.common import DEFAULT_FOLDER, errors, errors_in_one_line, the_stack
from clinic_ctl.demo import counts
from clinic_ctl.demo.doors import Doors
from clinic_ctl.demo.journal import Journal, JourneyBroken, Shown, Written
from clinic_ctl.demo.play import play
from clinic_ctl.demo.stage import Stage
from clinic_ctl.demo.witness import Witness
from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack import services
from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id

ANSWER_WITHIN: Final = 30.0


def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="Its own folder; emptied before, and kept after.")
    ] = DEFAULT_FOLDER / "demo",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a step.")] = False,
) -> None:
    """Play a patient's journey through the whole stack. Code 0 only if every step was seen."""
    journal: Journal = Written() if as_json else Shown()
    with errors_in_one_line():
        the_stack(folder).down()
        shutil.rmtree(folder, ignore_errors=True)
        stack = the_stack(folder, anywhere=True)  # beside whatever runs here already
        try:
            stack.up()
            wrong = asyncio.run(_played(stack, journal))
        except JourneyBroken as broken:
            wrong = [str(broken)]
        finally:
            stack.down()
    if wrong:
        errors.print("\n".join(wrong), markup=False, soft_wrap=True)
        raise typer.Exit(1)


async def _played(stack: Stack, journal: Journal) -> list[str]:
    """What was not as it must be at the end."""
    bootstrap_servers = stack.part("kafka").addresses["bootstrap_servers"]
    witness = Witness()
    async with (
        httpx.AsyncClient(timeout=ANSWER_WITHIN) as client,
        witness.listening(bootstrap_servers),
    ):
        stage = _stage(stack, journal, witness, client)
        await play(stage)
        counted = await counts.count(stage)
        # A service that ends in order commits its offsets: from then on nothing is handled.
        await asyncio.to_thread(stack.end, services.NAMES)
        counted["events_handled"] = await counts.handled(stage.witness, bootstrap_servers)
    journal.close(counted)
    return counts.wrong_in(counted)


def _stage(stack: Stack, journal: Journal, witness: Witness, client: httpx.AsyncClient) -> Stage:
    location_id = new_id("loc")
    # Looked up once: a killed service comes back where it was, and meanwhile is not to be found.
    urls = {name: stack.url(name) for name in stack.management()}
    return Stage(
        location_id=location_id,
        doors=Doors(urls.__getitem__, stack.issuer, location_id, client),
        sandbox=Sandbox(stack.management(), client),
        witness=witness,
        journal=journal,
        client=client,
        mail_url=stack.url("devtools"),
    )
