"""`clinicctl token`, `topics`, `clock`, `mail`, …: the small things around a running stack."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

import httpx
import typer
from rich.table import Table

from clinic_ctl.commands.common import (
    DEFAULT_FOLDER,
    Folder,
    console,
    errors_in_one_line,
    the_stack,
)
from clinic_ctl.sandbox import Sandbox, ServiceState
from clinic_ctl.stack.kept import new_ring
from clinic_ctl.stack.stack import NotRunning
from clinic_ctl.stack.topics import provision
from clinic_events.topics import ALL as TOPICS
from clinic_platform.broker import BrokerSettings, kafka_security
from clinic_platform.environment import load

UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

topics = typer.Typer(help="The topics, as the code declares them.", no_args_is_help=True)
clock = typer.Typer(help="The sandbox's time.", no_args_is_help=True)
mail = typer.Typer(help="The letters the local stack has sent.", no_args_is_help=True)


def token(
    role: Annotated[str, typer.Option(help="nurse, prescriber, front_desk …")],
    location: Annotated[
        list[str] | None, typer.Option(help="Where it is held; without, everywhere.")
    ] = None,
    minutes: int = 60,
    subject: str | None = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """A bearer token of the development issuer, and nothing else, on stdout."""
    with errors_in_one_line():
        issuer = the_stack(folder).issuer
        minted = issuer.mint(role, location or (), minutes, subject=subject)
    typer.echo(minted)


def board(
    location: Annotated[str, typer.Option(help="The place whose day is shown.")],
    minutes: int = 60,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """A link to the board of a place, on stdout. It holds a token in its fragment: do not share."""
    with errors_in_one_line():
        running = the_stack(folder)
        minted = running.issuer.mint("nurse", [location], minutes)
        address = running.url("sessions")
    typer.echo(f"{address}/board#{urlencode({'location': location, 'token': minted})}")


def sealing_keys() -> None:
    """A new ring of keys for services to seal with, on stdout: for an environment of your own."""
    typer.echo(new_ring())


@topics.command("list")
def list_topics() -> None:
    """The topics, their keys and what is kept of them."""
    table = Table("topic", "key", "partitions", "kept", box=None, pad_edge=False)
    for topic in TOPICS:
        kept = "the last of each key" if topic.retention is None else f"{topic.retention.days} days"
        table.add_row(topic.name, topic.key, str(topic.partitions), kept)
    console.print(table)


@topics.command("apply")
def apply_topics(
    bootstrap_servers: Annotated[
        str | None, typer.Option(envvar="KAFKA_BOOTSTRAP_SERVERS", help="Else the local stack's.")
    ] = None,
    replication: int = 1,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Make those that are missing; all bear the broker's clock. Twice is the same as once.

    A broker that asks who is there is reached by KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_USERNAME and
    the others that services have with their prefix: docs/settings.md.
    """
    with errors_in_one_line():
        if bootstrap_servers is None:
            bootstrap_servers = the_stack(folder).part("kafka").addresses["bootstrap_servers"]
        security = kafka_security(load(BrokerSettings))
        made = asyncio.run(
            provision(bootstrap_servers, TOPICS, replication=replication, security=security)
        )
    console.print(f"Made: {', '.join(made)}." if made else "All topics are there.")


@clock.command()
def show(folder: Folder = DEFAULT_FOLDER) -> None:
    """Each service's time, and what it has yet to do."""
    with errors_in_one_line():
        console.print(_table(asyncio.run(_states(folder))))


@clock.command()
def advance(
    by: Annotated[str, typer.Argument(help="30d, 12h, 90m, 10s, or together: 1d12h")],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Move time forward in every service, stopping wherever something is due."""
    try:
        further = duration(by)
    except ValueError as refusal:
        raise typer.BadParameter(str(refusal)) from None
    with errors_in_one_line():
        console.print(_table(asyncio.run(_advance(folder, further))))


@mail.command("list")
def list_mail(
    to: Annotated[str | None, typer.Option(help="Only to this address.")] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """The letters, oldest first."""
    with errors_in_one_line():
        url = f"{the_stack(folder).url('devtools')}/messages"
        answer = httpx.get(url, params={"to": to} if to else {}, trust_env=False)
        items = answer.raise_for_status().json()["items"]
    if as_json:
        typer.echo(json.dumps(items, indent=1))
        return
    for item in items:
        console.rule(f"{item['received_at'][:19]} to {', '.join(item['to'])}", align="left")
        console.print(f"{item['subject']}\n\n{item['text']}", markup=False, highlight=False)


def duration(text: str) -> timedelta:
    """`1d12h` → a day and a half. ValueError when it is not one."""
    found = re.findall(r"(\d+)([dhms])", text)
    if not found or "".join(number + unit for number, unit in found) != text:
        raise ValueError(f"{text} is no length of time; 30d, 12h, 90m, 10s are.")
    pieces = (timedelta(**{UNITS[unit]: int(number)}) for number, unit in found)
    return sum(pieces, timedelta())


async def _states(folder: Folder) -> Mapping[str, ServiceState]:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await Sandbox(_management(folder), client).states()


async def _advance(folder: Folder, further: timedelta) -> Mapping[str, ServiceState]:
    async with httpx.AsyncClient(trust_env=False) as client:
        sandbox = Sandbox(_management(folder), client, on_step=_tell)
        return await sandbox.advance(await sandbox.now() + further)


def _management(folder: Folder) -> dict[str, str]:
    management = the_stack(folder).management()
    if not management:
        raise NotRunning("Any service")
    return management


def _tell(instant: datetime) -> None:
    console.print(f"{instant:%Y-%m-%d %H:%M:%S}", style="dim")


def _table(states: Mapping[str, ServiceState]) -> Table:
    table = Table("service", "now", "next due", "to do", "parked", box=None, pad_edge=False)
    for name, state in states.items():
        due = "nothing" if state.next_due_at is None else f"{state.next_due_at:%Y-%m-%d %H:%M}"
        parked = f"[red]{state.parked}[/]" if state.parked else "0"
        table.add_row(name, f"{state.now:%Y-%m-%d %H:%M:%S}", due, str(state), parked)
    return table
