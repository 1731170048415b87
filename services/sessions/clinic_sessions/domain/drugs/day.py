"""The end of a day at a place: it closes only once every vial and every dose is accounted for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from clinic_sessions.domain.drugs.counting import is_proven
from clinic_sessions.domain.drugs.ledger import Account, Entry, Ledger
from clinic_sessions.domain.drugs.reconciling import Difference
from clinic_sessions.domain.drugs.vial import Vial

Conflict: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Nothing is posted into a closed day: a correction is an entry of a later one."""

    location_id: str
    day: date
    closed_by: str
    closed_at: datetime
    vials: int


@dataclass(frozen=True, slots=True)
class Span:
    """A day from its first moment until the next day's, whatever the season makes of it."""

    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, day: date, zone: str) -> "Span":
        wall = ZoneInfo(zone)
        following = day + timedelta(days=1)
        midnights = (datetime.combine(d, time(), tzinfo=wall) for d in (day, following))
        return cls(*midnights)


def unsettled(
    vials: Iterable[Vial], differences: Sequence[Difference], span: Span
) -> list[Conflict]:
    """What keeps the day from closing: which vial or session, and what differs (mg)."""
    there = [vial for vial in vials if vial.received_at < span.ends_at]
    return [
        *(conflict for vial in there for conflict in _open_in(vial, span)),
        *(_of_dose(difference) for difference in differences),
    ]


def _open_in(vial: Vial, span: Span) -> Iterator[Conflict]:
    if vial.incident_id is not None:
        yield {"kind": "incident", "vial_id": vial.id, "incident_id": vial.incident_id}
    if not vial.ledger.is_balanced:
        yield {"kind": "unbalanced", "vial_id": vial.id}
    for account, amount in _still_out(vial, span).items():
        kind = "checked_out" if account.kind == "with" else "syringe_open"
        yield {"kind": kind, "vial_id": vial.id, "of": account.of, "mg": amount / 1000}
    then = replace(vial, ledger=Ledger(_until(vial, span)))
    since = max(span.starts_at, then.last_entry_at)
    left = then.ledger.in_the_vial
    if left > 0 and not is_proven(vial.counts, "end", since=since):
        yield {"kind": "not_counted", "vial_id": vial.id, "expected_mg": left / 1000}


def _still_out(vial: Vial, span: Span) -> dict[Account, int]:
    """What was out at the end of the day, and has not come back or gone where it belongs since."""
    ledger, then = vial.ledger, Ledger(_until(vial, span))
    later = ledger.entries[len(then.entries) :]
    out = {a: amount for a, amount in then.balances().items() if a.kind in ("with", "syringe")}
    left = {a: n - sum(e.micrograms for e in later if e.source == a) for a, n in out.items()}
    return {account: amount for account, amount in left.items() if amount > 0}


def _until(vial: Vial, span: Span) -> tuple[Entry, ...]:
    return tuple(entry for entry in vial.ledger.entries if entry.at < span.ends_at)


def _of_dose(difference: Difference) -> Conflict:
    return {
        "kind": difference.kind,
        "session_id": difference.session_id,
        "vial_id": difference.vial_id,
        "expected_mg": difference.expected / 1000,
        "found_mg": difference.found / 1000,
    }
