"""What a vial is a vial of: a drug in a strength, as it says on the package and the invoice."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from clinic_sessions.domain.errors.drugs import VolumeDoesNotFit


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """`code` as on the package (NDC), `strength` in micrograms per millilitre, `volume_ml` in mL.

    `reference` is the supplier's invoice.
    """

    drug: str
    code: str
    lot: str
    strength: int
    volume_ml: Decimal
    is_multi_dose: bool
    expires_on: date
    supplier: str
    reference: str

    @property
    def micrograms(self) -> int:
        return self.amount_in(self.volume_ml)

    def amount_in(self, millilitres: Decimal) -> int:
        return int((millilitres * self.strength).quantize(Decimal(1), ROUND_HALF_UP))

    def volume_of(self, micrograms: int) -> Decimal:
        return Decimal(micrograms) / self.strength

    def check_volume(self, micrograms: int, millilitres: Decimal, rounding_ml: Decimal) -> None:
        """Raises VolumeDoesNotFit when they are further apart than one graduation."""
        expected = self.volume_of(micrograms)
        if abs(expected - millilitres) > rounding_ml:
            raise VolumeDoesNotFit(round(float(expected), 3))
