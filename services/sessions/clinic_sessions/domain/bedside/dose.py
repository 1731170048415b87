"""The dose: computed from the weight of the day, bounded by the protocol. Pure arithmetic."""

from dataclasses import dataclass
from datetime import datetime

from clinic_sessions.domain.errors import DoseOutsideBounds
from clinic_sessions.domain.protocols.protocol import DoseBounds, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseOrder:
    """`number` counts the orders of one session from 1. Milligrams, millilitres, mg per minute."""

    number: int
    mg_per_kg: float
    weight_kg: float
    dose_mg: float
    volume_ml: float
    rate_mg_per_min: float
    above_soft_limit: bool
    ordered_by: str
    ordered_at: datetime
    verified_by: str | None = None


def order_dose(
    protocol: Protocol,
    *,
    number: int,
    weight_kg: float,
    mg_per_kg: float,
    ordered_by: str,
    now: datetime,
) -> DoseOrder:
    """dose = weight x mg/kg, volume = dose / concentration, rate = dose / minutes.

    Raises DoseOutsideBounds below the least, above the hard most, and above the absolute cap. Above
    the soft most it is ordered and marked.
    """
    bounds, giving = protocol.dose, protocol.giving
    assert isinstance(bounds, DoseBounds), "Fixed doses are not reckoned by weight."
    assert giving.concentration_mg_per_ml is not None, "What goes by weight has a strength."
    if mg_per_kg < bounds.least:
        raise DoseOutsideBounds("least", bounds.least, "mg/kg")
    if mg_per_kg > bounds.hard_most:
        raise DoseOutsideBounds("hard_most", bounds.hard_most, "mg/kg")
    dose_mg = round(weight_kg * mg_per_kg, 2)
    if dose_mg > bounds.absolute_mg:
        raise DoseOutsideBounds("absolute", bounds.absolute_mg, "mg")
    minutes = giving.lasts.total_seconds() / 60
    return DoseOrder(
        number=number,
        mg_per_kg=mg_per_kg,
        weight_kg=weight_kg,
        dose_mg=dose_mg,
        volume_ml=round(dose_mg / giving.concentration_mg_per_ml, 3),
        rate_mg_per_min=round(dose_mg / minutes, 4),
        above_soft_limit=mg_per_kg > bounds.soft_most,
        ordered_by=ordered_by,
        ordered_at=now,
    )
