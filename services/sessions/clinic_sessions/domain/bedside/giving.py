"""What went in: the record of rates and devices, and the milligrams reckoned from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from clinic_sessions.domain.bedside.dose import DoseOrder

Why: TypeAlias = Literal["started", "paused", "resumed", "slowed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSet:
    """From `at` on it runs at this rate: mg per minute, 0 while it is paused."""

    at: datetime
    rate_mg_per_min: float
    why: Why
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGiven:
    """A nasal device, counted from 1."""

    number: int
    at: datetime
    by: str


def mg_given(
    order: DoseOrder, rates: Sequence[RateSet], devices: Sequence[DeviceGiven], until: datetime
) -> float | None:
    """Reckoned, not measured: rate x time of each stretch up to `until`, never more than was drawn
    up; or the devices that were given. None where neither is known: an injection is in, or is not.

    What was changed after `until` counts for nothing: an end that is corrected may lie before it.
    """
    if order.devices:
        return round(order.dose_mg * len(devices) / order.devices, 2)
    if order.rate_mg_per_min is None:
        return None
    ends = [*(change.at for change in rates[1:]), until]
    stretches = zip(rates, ends, strict=True) if rates else ()
    given = sum(
        _mg(change.rate_mg_per_min, change.at, min(end, until)) for change, end in stretches
    )
    return round(min(given, order.dose_mg), 2)


def _mg(rate: float, since: datetime, until: datetime) -> float:
    return rate * max((until - since).total_seconds(), 0) / 60
