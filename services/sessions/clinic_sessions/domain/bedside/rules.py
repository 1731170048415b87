"""The numbers of the bedside that no protocol says: clinic defaults, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class BedsideRules:
    """How long a waiver holds; by when a serious event is reported, and how often somebody
    is called until it is; for which reasons a visit may be broken off once dosing has begun."""

    version: int
    waiver_holds: timedelta
    report_within: timedelta
    call_again_every: timedelta
    aborts_after_dosing: tuple[str, ...]


def read_rules(document: Mapping[str, Any]) -> BedsideRules:
    """Raises KeyError or ValueError, naming the field."""
    return BedsideRules(
        version=int(document["version"]),
        waiver_holds=timedelta(minutes=_value(document, "waiver_holds_minutes")),
        report_within=timedelta(hours=_value(document, "report_serious_event_within_hours")),
        call_again_every=timedelta(hours=_value(document, "call_again_every_hours")),
        aborts_after_dosing=tuple(document["aborts_after_dosing"]["value"]),
    )


def _value(document: Mapping[str, Any], name: str) -> float:
    if not document[name]["source"]:
        raise ValueError(f"{name} has no source.")
    return float(document[name]["value"])
