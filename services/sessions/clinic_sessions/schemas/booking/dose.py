"""A dose as it was ordered, prepared and verified, as the API shows it."""

from typing import Self

from pydantic import BaseModel

from clinic_platform.web import shown_as
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.schemas import examples


class DoseOut(BaseModel):
    model_config = shown_as(examples.DOSE)

    number: int
    dose_mg: float
    mg_per_kg: float
    weight_kg: float
    volume_ml: float | None
    concentration_mg_per_ml: float | None
    rate_mg_per_min: float | None
    devices: int | None
    needs_dilution: bool
    above_soft_limit: bool
    step_reason: str | None
    ordered_by: str
    prepared_by: str | None
    vial_id: str | None
    verified_by: str | None
    is_verified: bool

    @classmethod
    def of(cls, order: DoseOrder) -> Self:
        return cls(
            number=order.number,
            dose_mg=order.dose_mg,
            mg_per_kg=order.mg_per_kg,
            weight_kg=order.weight_kg,
            volume_ml=order.volume_ml,
            concentration_mg_per_ml=order.concentration_mg_per_ml,
            rate_mg_per_min=order.rate_mg_per_min,
            devices=order.devices,
            needs_dilution=order.needs_dilution,
            above_soft_limit=order.above_soft_limit,
            step_reason=order.step_reason,
            ordered_by=order.ordered_by,
            prepared_by=None if order.prepared is None else order.prepared.by,
            vial_id=None if order.prepared is None else order.prepared.vial_id,
            verified_by=order.verified_by,
            is_verified=order.verified_by is not None,
        )
