"""`clinicctl protocol …`: a protocol from a file, checked, and rehearsed over what has happened."""

import json
from collections.abc import Iterator, Mapping
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
from clinic_ctl.commands.tools import duration
from clinic_ctl.protocol.door import RehearsalRefused, rehearse
from clinic_platform.data import UnreadableData
from clinic_sessions.domain.protocols.protocol import BadProtocol

REFUSED: Final = 2
ROLE: Final = "prescriber"
DAYS: Final = range(1, 91)
SENTENCES: Final[Mapping[str, str]] = {
    "would_block": "decisions would have been blocked",
    "would_pass": "decisions would have let pass",
    "other_reasons": "decisions would have been blocked for other reasons",
    "cannot_tell": "decisions hang on what is not known of then",
    "dose_bounds_differ": "doses have other bounds",
    "dose_would_be_refused": "doses would have been refused",
    "dose_would_be_marked": "doses would have been marked as high",
    "dose_would_not_be_marked": "doses would not have been marked as high",
    "dose_step_would_need_a_reason": "doses would have needed a reason for their step",
    "dose_volume_differs": "doses would have had another volume",
    "dose_dilution_differs": "doses would have been diluted that were not, or the other way round",
    "dose_rate_differs": "doses would have run at another rate",
    "dose_duration_differs": "doses would have taken another time",
    "visit_length_differs": "visits have another length",
    "visits_too_close": "visits were too close",
    "visits_too_far": "visits were too far apart",
    "readings_newly_due": "readings would have been due that were not",
    "readings_no_longer_due": "readings would not have been due that were",
    "limits_newly_passed": "limits would have been passed that were not",
    "limits_no_longer_passed": "limits would not have been passed that were",
    "limits_cannot_be_told": "limits ask for a baseline that is not known",
    "surveys_differ": "sessions would have had other surveys",
    "integration_differs": "sessions would have been followed by another integration plan",
}

app = typer.Typer(help="A protocol, from a file.", no_args_is_help=True)


def _days(text: str) -> str:
    try:
        days = duration(text).days
    except ValueError as refusal:
        raise typer.BadParameter(str(refusal)) from None
    if days not in DAYS:
        raise typer.BadParameter("From 1d to 90d.")
    return text


File = Annotated[Path, typer.Argument(help="YAML, as in the service's data/protocols.")]
Since = Annotated[str, typer.Option("--since", callback=_days, help="Whole days: 90d, 30d")]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="SESSIONS_URL", help="Of sessions; else the local stack's."),
]
Token = Annotated[
    str | None,
    typer.Option("--token", envvar="CLINIC_TOKEN", help="Else one of the local stack's issuer."),
]
Places = Annotated[
    list[str] | None,
    typer.Option("--location", help="Whose past, with the local stack's issuer. Repeatable."),
]


@app.command()
def check(file: File) -> None:
    """Check it on this machine, by the rules with which the service reads its files."""
    from clinic_ctl.protocol.draft import read_draft  # a second, for those who ask

    with _refusals():
        protocol = read_draft(file)
    console.print(f"{protocol.name} in version {protocol.version} is in order.", highlight=False)


@app.command("rehearse")
def rehearse_draft(
    file: File,
    since: Since = "90d",
    location: Places = None,
    url: Url = None,
    token: Token = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """What would have come out otherwise, had it been in force. Nothing is changed."""
    from clinic_ctl.protocol.draft import read_draft

    with _refusals(), errors_in_one_line():
        document = read_draft(file).document
        at = url or the_stack(folder).url("sessions")
        by = token or the_stack(folder).issuer.mint(ROLE, location or [])
        rehearsal = rehearse(at, by, document, days=duration(since).days)
    if as_json:
        typer.echo(json.dumps(rehearsal, indent=1))
    else:
        show(rehearsal)


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal is a sentence on stderr, what it is about below it, and code 2."""
    try:
        yield
    except (UnreadableData, BadProtocol, RehearsalRefused) as refusal:
        lines = [str(refusal), *getattr(refusal, "details", ())]
        errors.print(f"[red]{type(refusal).__name__}[/]", end=" ")
        errors.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(REFUSED) from None


def show(rehearsal: Mapping[str, Any]) -> None:
    changes = {change["kind"]: change for change in rehearsal["changes"]}
    table = Table("count", "sessions", "what", "the first of them", box=None, pad_edge=False)
    for kind, change in changes.items():
        if change["count"]:
            samples = "\n".join(_sample(one) for one in change["samples"][:3])
            what = SENTENCES.get(kind, kind)
            table.add_row(str(change["count"]), str(change["sessions"]), what, samples)
    over = f"{rehearsal['protocol']}, draft of version {rehearsal['draft_version']}, over"
    past = f"{rehearsal['sessions']} sessions since {rehearsal['since'][:10]}"
    console.print(f"{over} {past}:", highlight=False, soft_wrap=True)
    if table.row_count:
        console.print(table)
    moved = changes["readings_newly_due"], changes["readings_no_longer_due"]
    console.print(
        f"It would have blocked {changes['would_block']['sessions']} sessions, "
        f"changed {changes['dose_bounds_differ']['count']} doses' bounds, "
        f"moved {max(change['count'] for change in moved)} readings.",
        highlight=False,
        soft_wrap=True,
    )
    if not rehearsal["is_whole"]:
        console.print("There were more sessions than are looked at: the newest were.")


def _sample(one: Mapping[str, Any]) -> str:
    return " ".join([one["session_id"], ", ".join(one["details"])]).strip()
