"""`clinicctl location …`: a place from a file, checked, planned and applied."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from clinic_ctl.commands.common import (
    DEFAULT_FOLDER,
    Folder,
    console,
    errors,
    errors_in_one_line,
    the_stack,
)
from clinic_ctl.location.door import LocationDoor, Refused
from clinic_ctl.location.file import LocationFile, UnreadableFile, read_file
from clinic_platform.clock import utc_now

REFUSED: Final = 2
ROLE: Final = "location_admin"
PROMISED: Final = {"hold": "held for somebody", "offer": "offered to somebody who waits"}

app = typer.Typer(help="A place of the clinic, from a file.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="YAML: `location: loc_…`, and the document.")]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="SESSIONS_URL", help="Of sessions; else the local stack's."),
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="CLINIC_TOKEN", help="Else one of the local stack's issuer."),
]
Fingerprint = Annotated[
    str, typer.Option("--fingerprint", prompt=True, help="Of the plan, as `plan` printed it.")
]


@app.command()
def check(file: File) -> None:
    """Check it on this machine: what would be refused, and what is missing before it opens."""
    from clinic_ctl.location.checking import check_document  # a second, for those who ask

    with _refusals():
        checked = check_document(read_file(file).document, now=utc_now())
    if checked.wrong:
        rows = [(fault.pointer, fault.rule, fault.message) for fault in checked.wrong]
        _print(["field", "rule", "what is wrong"], rows)
        raise typer.Exit(REFUSED)
    console.print("The document is in order.")
    if checked.findings:
        console.print("Before a first patient:")
        marks = {True: "missing", False: "to note"}
        found = [(marks[one.blocks], one.code, one.what, one.how) for one in checked.findings]
        _print(["", "code", "what", "how it is mended"], found)


@app.command()
def plan(
    file: File,
    url: Url = None,
    token: Token = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """What the file would change, and which bookings it touches. Nothing happens yet."""
    with _refusals(), errors_in_one_line():
        wanted = read_file(file)
        planned = _door(wanted, url, token, folder).plan(wanted.document)
    if as_json:
        typer.echo(json.dumps(planned, indent=1))
    else:
        _show_plan(planned)


@app.command()
def apply(
    file: File,
    fingerprint: Fingerprint,
    url: Url = None,
    token: Token = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Do exactly what was planned; refused when anything has changed meanwhile."""
    with _refusals(), errors_in_one_line():
        wanted = read_file(file)
        applied = _door(wanted, url, token, folder).apply(wanted.document, fingerprint.strip())
    location, broken = applied["location"], applied["broken"]
    console.print(f"{location['id']} is in version {location['version']}.")
    if broken:
        console.print(f"{len(broken)} bookings cannot be held as they are; none was cancelled:")
        _print(["booking", "was to begin", "why"], [_booking(one) for one in broken])


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal is a sentence on stderr, what it is about below it, and code 2."""
    try:
        yield
    except (UnreadableFile, Refused) as refusal:
        lines = [str(refusal), *getattr(refusal, "details", ())]
        code = getattr(refusal, "code", type(refusal).__name__)
        errors.print(f"[red]{code}[/]", end=" ")
        errors.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(REFUSED) from None


def _door(file: LocationFile, url: str | None, token: str | None, folder: Folder) -> LocationDoor:
    place = file.location_id
    at = url or the_stack(folder).url("sessions")
    return LocationDoor(at, place, token or the_stack(folder).issuer.mint(ROLE, [place]))


def _show_plan(planned: Mapping[str, Any]) -> None:
    if planned["version"] == 0:
        console.print(f"{planned['location_id']} would be opened.")
    elif not planned["changes"]:
        console.print("Nothing would change.")
    else:
        rows = [(c["field"], _value(c["before"]), _value(c["after"])) for c in planned["changes"]]
        _print(["field", "is", "will be"], rows)
    console.print(f"Bookings touched: {planned['touched']}, broken: {planned['broken']}.")
    if planned["kinds"]:
        rows = [
            (k["kind"], str(k["bookings"]), "\n".join(" ".join(_booking(s)) for s in k["samples"]))
            for k in planned["kinds"]
        ]
        _print(["kind", "bookings", "the first of them"], rows)
    for kind in planned["promised"]:
        console.print(f"{kind['promises']} could not be kept as {PROMISED[kind['kind']]}:")
        times = [(s["offer_id"] or s["hold_id"], *_promised(s)) for s in kind["samples"]]
        _print([kind["kind"], "would begin", "until", "why"], times)
    console.print("Fingerprint:")
    typer.echo(planned["fingerprint"])


def _promised(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return one["starts_local"], one["expires_at"], _why(one)


def _booking(one: Mapping[str, Any]) -> tuple[str, str, str]:
    wall, later = one["starts_local"], one["starts_local_after"]
    moved = "" if wall == later else f" ({later} in {one['zone_after']})"
    return one["session_id"], f"{wall}{moved}", _why(one)


def _why(one: Mapping[str, Any]) -> str:
    return ", ".join(" ".join(filter(None, (e["kind"], e["resource"]))) for e in one["effects"])


def _value(value: object) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(_unmarked(cell) for cell in row))
    console.print(table)


def _unmarked(text: str) -> str:
    """Square brackets of a document are no markup."""
    return text.replace("[", r"\[")
