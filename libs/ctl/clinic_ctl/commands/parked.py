"""`clinicctl parked …`: what services have set aside, looked at, asked for again or given up."""

import asyncio
import getpass
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar

import typer
from rich.table import Table

from clinic_ctl.commands.common import (
    DEFAULT_FOLDER,
    Folder,
    console,
    errors_in_one_line,
    the_stack,
)
from clinic_ctl.commands.tools import duration
from clinic_ctl.parked import Operator, ParkedEvents, parked_events
from clinic_ctl.stack.services import NAMES
from clinic_events.ports import Parked, Which
from clinic_platform.clock import utc_now

LONGEST_WHY: Final = 500
LOOK_EVERY: Final = 0.5  # seconds
ME: Final = getpass.getuser()

T = TypeVar("T")

app = typer.Typer(help="Events that services have set aside.", no_args_is_help=True)


def _service(name: str) -> str:
    if name not in NAMES:
        raise typer.BadParameter(f"{name} is none of {', '.join(NAMES)}.")
    return name


def _why(text: str) -> str:
    if not text.isprintable() or not 0 < len(text.strip()) <= LONGEST_WHY:
        raise typer.BadParameter(f"One line of 1 to {LONGEST_WHY} characters.")
    return text.strip()


def _why_or_none(text: str | None) -> str | None:
    return None if text is None else _why(text)


def _since(text: str | None) -> str | None:
    if text is not None:
        try:
            moment(text, utc_now())
        except ValueError as refusal:
            raise typer.BadParameter(str(refusal)) from None
    return text


Service = Annotated[str, typer.Argument(callback=_service, help=", ".join(NAMES))]
EventId = Annotated[str, typer.Argument(help="As `list` shows it.")]
Key = Annotated[str | None, typer.Option("--key", help="Of this patient, or this location.")]
Type = Annotated[str | None, typer.Option("--type", help="As sessions.session_completed.v1")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="failed, undecodable, unknown_version, behind")
]
Error = Annotated[str | None, typer.Option("--error", help="The kind of error, as list shows it.")]
Since = Annotated[
    str | None,
    typer.Option("--since", callback=_since, help="30m, 2h, 1d, or 2030-01-31T09:00:00Z"),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000)]
Why = Annotated[
    str, typer.Option("--why", callback=_why, help="Kept in the audit: nothing about a patient.")
]
WhyRead = Annotated[
    str | None, typer.Option("--why", callback=_why_or_none, help="For --body. Kept in the audit.")
]
By = Annotated[str, typer.Option("--by", help="Who does it, for the audit.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


@app.command("list")
def list_parked(
    service: Annotated[str | None, typer.Argument(help="Without it, of all.")] = None,
    key: Key = None,
    event_type: Type = None,
    reason: Reason = None,
    error: Error = None,
    since: Since = None,
    limit: Limit = 100,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """The oldest first, within a key in its order. Ids and codes, never a body."""
    which = _which(key, event_type, reason, error, since)
    names = NAMES if service is None else [_service(service)]
    found = {
        name: _ask(folder, name, lambda events: events.list(which, limit=limit)) for name in names
    }
    if as_json:
        rows = [_row(name, one) for name, parked in found.items() for one in parked]
        typer.echo(json.dumps(rows, indent=1))
    elif any(found.values()):
        console.print(_table(found))
    else:
        console.print("Nothing is parked.")


@app.command()
def show(
    service: Service,
    event_id: EventId,
    body: Annotated[
        bool, typer.Option("--body", help="It is about a patient: needs --why, and is audited.")
    ] = False,
    why: WhyRead = None,
    by: By = ME,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """One event: its headers, its place, and what waits behind it."""
    if body and why is None:
        raise typer.BadParameter("--body shows what is about a patient, and needs --why.")
    operator = Operator(by, why) if body and why is not None else None
    parked = _ask(folder, service, lambda events: _read_or_get(events, event_id, operator))
    behind = _ask(folder, service, lambda events: events.list(Which(key=parked.key), limit=10_000))
    message = parked.message
    lines = {
        **_row(service, parked),
        "on": f"{message.topic}/{message.partition}/{message.offset}",
        "waiting behind it": str(sum(one.place > parked.place for one in behind)),
        **{name: value.decode(errors="replace") for name, value in message.headers.items()},
    }
    if body:
        lines["body"] = (message.value or b"").decode(errors="replace")
    for name, value in lines.items():
        console.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def redrive(
    service: Service,
    why: Why,
    key: Key = None,
    event_type: Type = None,
    reason: Reason = None,
    error: Error = None,
    since: Since = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Keys, at the most.")] = 100,
    by: By = ME,
    dry_run: DryRun = False,
    wait: Annotated[int, typer.Option("--wait", min=0, help="Seconds for them to end.")] = 0,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Have them handled again, in order: the whole key of whatever fits the filters.

    Code 1 when, after --wait, some of them are still parked.
    """
    which = _which(key, event_type, reason, error, since)
    keys = _ask(folder, service, lambda events: events.keys(which, limit=limit))
    for name, count in keys.items():
        console.print(f"{name}: {count}", markup=False, highlight=False)
    if dry_run or not keys:
        console.print(f"{len(keys)} keys would be asked for." if dry_run else "Nothing is parked.")
        return
    operator = Operator(by, why)
    asked = _ask(folder, service, lambda events: _redrive_all(events, list(keys), operator))
    console.print(f"{asked} keys asked for; the running service handles them in order.")
    if wait:
        left = _ask(folder, service, lambda events: _left(events, list(keys), wait))
        console.print(f"{len(keys) - left} of {len(keys)} keys are free.")
        raise typer.Exit(1 if left else 0)


@app.command()
def discard(
    service: Service,
    event_id: EventId,
    why: Why,
    by: By = ME,
    dry_run: DryRun = False,
    out_of_turn: Annotated[
        bool, typer.Option("--out-of-turn", help="Though it is not the first of its key.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Give one event up, unhandled and for good. What waits behind it stays."""
    parked = _ask(folder, service, lambda events: events.in_turn(event_id, out_of_turn=out_of_turn))
    console.print(_table({service: [parked]}))
    if dry_run:
        return
    if not yes:
        typer.confirm("It will never be handled. Give it up?", abort=True)
    operator = Operator(by, why)
    _ask(
        folder,
        service,
        lambda events: events.discard(event_id, operator, out_of_turn=out_of_turn),
    )
    console.print("Given up.")


def moment(text: str, now: datetime) -> datetime:
    """`2h` → two hours before `now`; else a time with its zone. Raises ValueError."""
    try:
        return now - duration(text)
    except ValueError:
        at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("A time needs its zone: 2030-01-31T09:00:00Z.")
    return at.astimezone(UTC)


def _which(
    key: str | None,
    event_type: str | None,
    reason: str | None,
    error: str | None,
    since: str | None,
) -> Which:
    at = None if since is None else moment(since, utc_now())
    return Which(key=key, event_type=event_type, reason=reason, error=error, since=at)


def _ask(folder: Folder, service: str, work: Callable[[ParkedEvents], Awaitable[T]]) -> T:
    async def asked() -> T:
        async with parked_events(url, service) as events:
            return await work(events)

    with errors_in_one_line():
        url = os.environ.get("MONGO_URL") or the_stack(folder).part("mongo").addresses["url"]
        return asyncio.run(asked())


async def _read_or_get(events: ParkedEvents, event_id: str, by: Operator | None) -> Parked:
    return await (events.get(event_id) if by is None else events.read(event_id, by))


async def _redrive_all(events: ParkedEvents, keys: Sequence[str], by: Operator) -> int:
    return sum([await events.redrive(key, by) for key in keys])


async def _left(events: ParkedEvents, keys: Sequence[str], seconds: float) -> int:
    """How many of the keys have something parked, once none has or after `seconds`."""
    end = utc_now() + timedelta(seconds=seconds)
    while True:
        left = [key for key in keys if await events.list(Which(key=key), limit=1)]
        if not left or utc_now() > end:
            return len(left)
        await asyncio.sleep(LOOK_EVERY)


def _row(service: str, parked: Parked) -> dict[str, str]:
    return {
        "service": service,
        "event": parked.event_id,
        "type": parked.message.headers.get("ce_type", b"unknown").decode(errors="replace"),
        "key": parked.key,
        "place": str(parked.place),
        "reason": parked.reason,
        "error": parked.error,
        "attempts": str(parked.attempts),
        "parked at": f"{parked.parked_at:%Y-%m-%d %H:%M:%S}",
    }


def _table(found: dict[str, list[Parked]]) -> Table:
    rows = [_row(service, one) for service, parked in found.items() for one in parked]
    table = Table(*rows[0], box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row.values())
    return table
