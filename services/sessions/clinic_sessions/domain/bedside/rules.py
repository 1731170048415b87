"""The numbers of the bedside that no protocol gives: clinic defaults, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightLimits:
    """A change of more than `percent` or `kg` `within` this time is not taken unasked; nor, without
    a dose in that time, a weight below `usual_least` or above `usual_most` kg."""

    percent: float
    kg: float
    within: timedelta
    usual_least: float
    usual_most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BedsideRules:
    """How long a waiver holds; by when a serious event is reported, and how often somebody is
    called until it is; for which reasons a visit may be broken off once dosing has begun; which
    reasons for voiding one say that no dose went into its patient; how long
    before the visit somebody may arrive; by how much less than the protocol's spacing a dose may
    follow the one before; how long after the end of a visit its patient may still be there before
    somebody is called, and how often again; which instruments count as a measure of symptoms before
    a dose; which weight is not taken unasked."""

    version: int
    waiver_holds: timedelta
    report_within: timedelta
    call_again_every: timedelta
    aborts_after_dosing: tuple[str, ...]
    voids_without_a_dose: tuple[str, ...]
    arrive_early: timedelta
    spacing_tolerance: timedelta
    overrun_grace: timedelta
    overrun_again_every: timedelta
    measures: tuple[str, ...]
    weight: WeightLimits


def read_rules(document: Mapping[str, Any]) -> BedsideRules:
    """Raises KeyError or ValueError, naming the field."""
    return BedsideRules(
        version=int(document["version"]),
        waiver_holds=timedelta(minutes=_value(document, "waiver_holds_minutes")),
        report_within=timedelta(hours=_value(document, "report_serious_event_within_hours")),
        call_again_every=timedelta(hours=_value(document, "call_again_every_hours")),
        aborts_after_dosing=tuple(document["aborts_after_dosing"]["value"]),
        voids_without_a_dose=tuple(_required(document, "voids_without_a_dose")),
        arrive_early=timedelta(minutes=_value(document, "arrive_early_minutes")),
        spacing_tolerance=timedelta(minutes=_value(document, "spacing_tolerance_minutes")),
        overrun_grace=timedelta(minutes=_value(document, "overrun_grace_minutes")),
        overrun_again_every=timedelta(minutes=_value(document, "overrun_again_every_minutes")),
        measures=tuple(_required(document, "measures")),
        weight=WeightLimits(
            percent=_value(document, "weight_change_percent"),
            kg=_value(document, "weight_change_kg"),
            within=timedelta(days=_value(document, "weight_change_within_days")),
            usual_least=_value(document, "weight_usual_at_least_kg"),
            usual_most=_value(document, "weight_usual_at_most_kg"),
        ),
    )


def _value(document: Mapping[str, Any], name: str) -> float:
    return float(_required(document, name))


def _required(document: Mapping[str, Any], name: str) -> Any:
    if not document[name]["source"]:
        raise ValueError(f"{name} has no source.")
    return document[name]["value"]
