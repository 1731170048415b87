"""The dose: computed from the weight of the day, bounded by the protocol. Pure arithmetic."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, Self

from clinic_sessions.domain.errors import (
    DosedOtherwise,
    DoseOutsideBounds,
    FirstDoseIsAnother,
    NoSuchDose,
    StepTooLarge,
)
from clinic_sessions.domain.protocols.protocol import DoseBounds, FixedDoses, Giving, Protocol

# Two doses in mg/kg are distinguished to a thousandth: floats are not exact.
TOLERANCE: Final = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Drawn up, and the pump programmed, by one person."""

    by: str
    at: datetime
    is_diluted: bool
    vial_id: str | None = None


@dataclass(frozen=True, slots=True)
class FromVial:
    """The vial a dose is prepared from, and its strength in mg per mL."""

    vial_id: str
    mg_per_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseOrder:
    """`number` counts the orders of one session from 1. Milligrams, millilitres, mg per minute.

    `volume_ml` is reckoned with `concentration_mg_per_ml`: until a vial is named that of the
    protocol, then the vial's. An order from before that was kept has None.

    Volume and rate are None where the drug does not run at a rate; `devices` is the number of
    nasal devices, None where there are none. `step_reason` is the prescriber's word for a dose that
    is further from the patient's last than the protocol's step, or a first one that the protocol
    does not begin with. `prepared_before`: those whose
    preparation another one has taken the place of.
    """

    number: int
    mg_per_kg: float
    weight_kg: float
    dose_mg: float
    volume_ml: float | None
    rate_mg_per_min: float | None
    above_soft_limit: bool
    ordered_by: str
    ordered_at: datetime
    devices: int | None = None
    needs_dilution: bool = False
    step_reason: str | None = None
    prepared: Prepared | None = None
    verified_by: str | None = None
    concentration_mg_per_ml: float | None = None
    prepared_before: tuple[str, ...] = ()

    @property
    def hands(self) -> frozenset[str]:
        """Who has ordered it, or prepared it at any time."""
        preparing = () if self.prepared is None else (self.prepared.by,)
        return frozenset({self.ordered_by, *self.prepared_before, *preparing})

    def prepared_as(self, prepared: Prepared) -> Self:
        before = () if self.prepared is None else (self.prepared.by,)
        earlier = (*self.prepared_before, *before)
        return replace(self, prepared=prepared, prepared_before=earlier)


def order_dose(
    protocol: Protocol,
    *,
    number: int,
    weight_kg: float,
    ordered_by: str,
    now: datetime,
    mg_per_kg: float | None = None,
    dose_mg: float | None = None,
    last_mg_per_kg: float | None = None,
    step_reason: str | None = None,
) -> DoseOrder:
    """By weight (`mg_per_kg`), or one of the protocol's fixed doses (`dose_mg`).

    Raises DosedOtherwise when the wrong one of the two is given, DoseOutsideBounds, NoSuchDose,
    StepTooLarge, FirstDoseIsAnother.
    """
    amount = _amount(protocol.dose, weight_kg, mg_per_kg, dose_mg)
    if isinstance(protocol.dose, DoseBounds):
        _within_step(protocol.dose, amount.mg_per_kg, last_mg_per_kg, step_reason)
    elif last_mg_per_kg is None and step_reason is None and amount.mg != protocol.dose.start_mg:
        raise FirstDoseIsAnother(protocol.dose.start_mg)
    return DoseOrder(
        number=number,
        mg_per_kg=amount.mg_per_kg,
        weight_kg=weight_kg,
        dose_mg=amount.mg,
        volume_ml=volume_of(protocol.giving.concentration_mg_per_ml, amount.mg),
        rate_mg_per_min=_rate(protocol, amount.mg, weight_kg),
        above_soft_limit=amount.is_above_soft,
        ordered_by=ordered_by,
        ordered_at=now,
        devices=amount.devices,
        needs_dilution=is_to_dilute(
            protocol.giving.concentration_mg_per_ml, protocol.giving.dilute_above_mg_per_ml
        ),
        step_reason=step_reason,
        concentration_mg_per_ml=protocol.giving.concentration_mg_per_ml,
    )


def of_strength(order: DoseOrder, mg_per_ml: float, giving: Giving) -> DoseOrder:
    """The same dose in the volume that it has at this strength; a device has none."""
    if order.volume_ml is None:
        return order
    return replace(
        order,
        volume_ml=volume_of(mg_per_ml, order.dose_mg),
        concentration_mg_per_ml=mg_per_ml,
        needs_dilution=is_to_dilute(mg_per_ml, giving.dilute_above_mg_per_ml),
    )


class _Amount(NamedTuple):
    mg_per_kg: float
    mg: float
    devices: int | None
    is_above_soft: bool


def _amount(
    bounds: DoseBounds | FixedDoses,
    weight_kg: float,
    mg_per_kg: float | None,
    dose_mg: float | None,
) -> _Amount:
    """In the one of the two words in which the protocol has it. Raises DosedOtherwise."""
    if isinstance(bounds, FixedDoses):
        if dose_mg is None or mg_per_kg is not None:
            raise DosedOtherwise("dose_mg")
        return _Amount(round(dose_mg / weight_kg, 3), dose_mg, _devices(bounds, dose_mg), False)
    if mg_per_kg is None or dose_mg is not None:
        raise DosedOtherwise("mg_per_kg")
    mg = _by_weight(bounds, weight_kg, mg_per_kg)
    return _Amount(mg_per_kg, mg, None, mg_per_kg > bounds.soft_most)


def _by_weight(bounds: DoseBounds, weight_kg: float, mg_per_kg: float) -> float:
    """mg = kg x mg/kg. Raises DoseOutsideBounds below the least, above the hard most or cap."""
    if mg_per_kg < bounds.least:
        raise DoseOutsideBounds("least", bounds.least, "mg/kg")
    if mg_per_kg > bounds.hard_most:
        raise DoseOutsideBounds("hard_most", bounds.hard_most, "mg/kg")
    dose_mg = round(weight_kg * mg_per_kg, 2)
    if dose_mg > bounds.absolute_mg:
        raise DoseOutsideBounds("absolute", bounds.absolute_mg, "mg")
    return dose_mg


def _devices(bounds: FixedDoses, dose_mg: float) -> int:
    """How many. Raises NoSuchDose for one the protocol has not got."""
    if dose_mg not in bounds.doses_mg:
        raise NoSuchDose(bounds.doses_mg)
    return round(dose_mg / bounds.device_mg)


def _within_step(
    bounds: DoseBounds, mg_per_kg: float, last: float | None, reason: str | None
) -> None:
    """From the dose before, or from where the protocol starts. Raises StepTooLarge."""
    before = bounds.start if last is None else last
    is_far = abs(mg_per_kg - before) > bounds.step + TOLERANCE
    if is_far and reason is None:
        raise StepTooLarge(before, bounds.step, is_first=last is None)


def volume_of(mg_per_ml: float | None, dose_mg: float) -> float | None:
    """mL = mg / (mg/mL)."""
    return None if mg_per_ml is None else round(dose_mg / mg_per_ml, 3)


def rate_of(protocol: Protocol, dose_mg: float) -> float | None:
    """mg/min = mg / min. None where the drug does not run at a rate."""
    if protocol.route != "iv":
        return None
    return dose_mg / (protocol.giving.lasts.total_seconds() / 60)


def is_to_dilute(mg_per_ml: float | None, most: float | None) -> bool:
    """Stronger than `most`, in mg per mL."""
    return mg_per_ml is not None and most is not None and mg_per_ml > most


def _rate(protocol: Protocol, dose_mg: float, weight_kg: float) -> float | None:
    """mg/min. Raises DoseOutsideBounds above the fastest that may be given."""
    rate, fastest = rate_of(protocol, dose_mg), protocol.giving.fastest
    if rate is None:
        return None
    if fastest is not None and rate > fastest * weight_kg:
        raise DoseOutsideBounds("fastest", fastest, "mg/kg/min")
    return round(rate, 4)
