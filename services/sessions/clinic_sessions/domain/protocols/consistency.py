"""What the numbers of a protocol require of one another: bounds in order, phases without gaps."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from clinic_sessions.domain.protocols.limits import Limit, rank
from clinic_sessions.domain.protocols.protocol import (
    BadProtocol,
    DoseBounds,
    FixedDoses,
    Giving,
    Monitoring,
    Phase,
    Protocol,
    Spacing,
    Stage,
)

DOSING: Final = "dosing"
# A rate is reckoned from rounded numbers: what differs by less than this does not differ.
TOLERANCE: Final = 1e-9


def check_consistency(protocol: Protocol) -> None:
    """Raises BadProtocol, naming the field and the rule."""
    _spacing(protocol.spacing, protocol.infusions)
    if isinstance(protocol.dose, FixedDoses):
        _devices(protocol.dose, protocol.giving)
    else:
        _bounds(protocol.dose)
        _strength(protocol.dose, protocol)
    _phases(protocol.phases)
    _visit(protocol)
    _monitoring(protocol.monitoring)
    _limits(protocol.monitoring.limits)
    _once("waivers", [waiver.gate for waiver in protocol.waivers])


def _spacing(spacing: Spacing, infusions: int) -> None:
    if spacing.least > spacing.most:
        raise BadProtocol("spacing.most_hours", "is below least_hours")
    for number, (before, stage) in enumerate(pairwise(spacing.all_stages)):
        _stage(f"spacing.stages[{number}]", before, stage, infusions)
    steps = (spacing.step_to(number).least for number in range(2, infusions + 1))
    if sum(steps, timedelta()) > spacing.within:
        raise BadProtocol("spacing.within_days", "is too short for so many infusions")


def _stage(where: str, before: Stage, stage: Stage, infusions: int) -> None:
    """Visits only ever come further apart: one more before a stage makes none in it too far."""
    if not before.from_infusion < stage.from_infusion <= infusions:
        rule = "is not above that of the stage before, or there is no such infusion"
        raise BadProtocol(f"{where}.from_infusion", rule)
    if stage.least > stage.most:
        raise BadProtocol(f"{where}.most_hours", "is below least_hours")
    for name in ("least", "most"):
        if getattr(stage, name) < getattr(before, name):
            raise BadProtocol(f"{where}.{name}_hours", "is below that of the stage before")


def _bounds(dose: DoseBounds) -> None:
    """least ≤ start ≤ soft most ≤ hard most, and a step within them."""
    rising = [
        ("start_mg_per_kg", dose.least, dose.start),
        ("soft_most_mg_per_kg", dose.start, dose.soft_most),
        ("hard_most_mg_per_kg", dose.soft_most, dose.hard_most),
    ]
    for name, below, above in rising:
        if below > above:
            raise BadProtocol(f"dose.{name}", "is below the bound before it")
    if dose.step > dose.hard_most:
        raise BadProtocol("dose.step_mg_per_kg", "is above hard_most_mg_per_kg")


def _strength(dose: DoseBounds, protocol: Protocol) -> None:
    giving = protocol.giving
    if giving.concentration_mg_per_ml is None:
        raise BadProtocol("giving.concentration_mg_per_ml", "is missing where weight decides")
    if protocol.route != "iv":
        return
    if giving.fastest is None or giving.dilute_above_mg_per_ml is None:
        rule = "lacks fastest_mg_per_kg_per_minute or dilute_above_mg_per_ml, needed in a vein"
        raise BadProtocol("giving", rule)
    if dose.hard_most / _in_minutes(giving.lasts) > giving.fastest + TOLERANCE:
        rule = "is too short: the highest dose would run faster than fastest_mg_per_kg_per_minute"
        raise BadProtocol("giving.minutes", rule)


def _devices(dose: FixedDoses, giving: Giving) -> None:
    if not dose.doses_mg or list(dose.doses_mg) != sorted(set(dose.doses_mg)):
        raise BadProtocol("dose.doses_mg", "are not one or more, each above the one before")
    if dose.start_mg not in dose.doses_mg:
        raise BadProtocol("dose.start_mg", "is none of doses_mg")
    if any(mg % dose.device_mg for mg in dose.doses_mg):
        raise BadProtocol("dose.doses_mg", "are not given by whole devices")
    devices = round(dose.doses_mg[-1] / dose.device_mg)
    if (devices - 1) * dose.between_devices > giving.lasts:
        raise BadProtocol("giving.minutes", "is too short for the devices of the highest dose")


def _phases(phases: Sequence[Phase]) -> None:
    """The first at 0, each where the one before ends."""
    _once("phases", [phase.name for phase in phases])
    ends = timedelta()
    for number, phase in enumerate(phases):
        if phase.after != ends:
            rule = "is not where the phase before ends, which is 0 for the first"
            raise BadProtocol(f"phases[{number}].after_minutes", rule)
        if not phase.needs:
            raise BadProtocol(f"phases[{number}].needs", "is empty")
        ends = phase.ends_after


def _visit(protocol: Protocol) -> None:
    dosing = next((phase for phase in protocol.phases if phase.name == DOSING), None)
    if dosing is None:
        raise BadProtocol("phases", f"has none of the name {DOSING}")
    if dosing.lasts < protocol.giving.lasts:
        raise BadProtocol("phases", f"has less time for {DOSING} than giving.minutes")
    if not any(need.kind == "person" for need in dosing.needs):
        raise BadProtocol("phases", f"has nobody with the patient while {DOSING}")
    # Where devices are given, observation counts from the first of them.
    since = dosing.after if isinstance(protocol.dose, FixedDoses) else dosing.ends_after
    if protocol.visit_lasts - since < protocol.monitoring.observe_at_least:
        raise BadProtocol("phases", "end before observe_at_least_minutes is over")


def _monitoring(monitoring: Monitoring) -> None:
    if monitoring.late_after >= monitoring.escalate_after:
        raise BadProtocol("monitoring.escalate_after_minutes", "is not above late_after_minutes")
    if monitoring.late_after >= min(monitoring.during_every, monitoring.after_every):
        rule = "is not below the time between readings"
        raise BadProtocol("monitoring.late_after_minutes", rule)
    soonest, latest = monitoring.confirm_within
    if soonest > latest:
        raise BadProtocol("monitoring.confirm_within_minutes", "falls")


def _limits(limits: Sequence[Limit]) -> None:
    """On each side of a parameter caution comes before pause, and pause before stop.

    A line that also asks for a symptom is beside this order: it is no earlier or later number.
    """
    if not limits:
        raise BadProtocol("monitoring.limits", "is empty: no reading would ever call anybody")
    _once("monitoring.limits", [limit.id for limit in limits])
    by_concern: dict[tuple[str, str], list[Limit]] = {}
    for limit in limits:
        if not limit.with_any and not limit.one_of:
            kind = "percent" if limit.against_baseline_percent is not None else _kind(limit)
            by_concern.setdefault((limit.concern, kind), []).append(limit)
    for same in by_concern.values():
        _in_order(sorted(same, key=lambda limit: rank(limit.level)))


def _in_order(limits: Sequence[Limit]) -> None:
    for milder, worse in pairwise(limits):
        if milder.level == worse.level:
            rule = f"has {worse.level} of {worse.concern} twice"
            raise BadProtocol("monitoring.limits", rule)
        is_low = milder.concern.endswith("_low")
        is_further = _bound(worse) < _bound(milder) if is_low else _bound(worse) > _bound(milder)
        if not is_further:
            rule = f"has {worse.level} of {worse.concern} no further than {milder.level}"
            raise BadProtocol("monitoring.limits", rule)


def _kind(limit: Limit) -> str:
    return "change" if limit.is_relative else "absolute"


def _bound(limit: Limit) -> float:
    bounds = (
        *(limit.at_least, limit.at_most),
        *(limit.against_baseline, limit.against_baseline_percent),
    )
    return next(bound for bound in bounds if bound is not None)


def _once(where: str, names: Iterable[str]) -> None:
    if any(count > 1 for count in Counter(names).values()):
        raise BadProtocol(where, "has one name twice")


def _in_minutes(stretch: timedelta) -> float:
    return stretch.total_seconds() / 60
