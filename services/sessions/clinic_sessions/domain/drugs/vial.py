"""The life of a vial: received, stored, taken out, drawn, given, wasted, counted, returned.

Pure. Asked to do something, a vial answers with a fact, or refuses. It changes only by a fact.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, Self, TypeAlias, assert_never

from clinic_sessions.domain.drugs.counting import Count, with_count
from clinic_sessions.domain.drugs.ledger import STORE, Account, Entry, Ledger
from clinic_sessions.domain.errors.drugs import VolumeDoesNotFit

WasteKind: TypeAlias = Literal["wasted", "destroyed"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """Proposed by one, witnessed by another. Until then the amount stays where it is."""

    id: str
    kind: WasteKind
    source: Account
    micrograms: int
    method: str
    proposed_by: str
    proposed_at: datetime
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry of the ledger."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class WasteProposed:
    waste: Waste


@dataclass(frozen=True, slots=True)
class WasteWitnessed:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Counted:
    count: Count


@dataclass(frozen=True, slots=True)
class DiscrepancyFound:
    """A count that is not what the ledger says: nothing leaves the vial until a person decides."""

    count: Count
    incident_id: str


@dataclass(frozen=True, slots=True)
class Released:
    """A person has closed the incident. `entry` writes off what is not accounted for."""

    incident_id: str
    entry: Entry | None


Fact: TypeAlias = Posted | WasteProposed | WasteWitnessed | Counted | DiscrepancyFound | Released


@dataclass(frozen=True, slots=True, kw_only=True)
class Vial:
    """`received_at` is when it came; `incident_id` names what blocks it."""

    id: str
    location_id: str
    product: Product
    received_at: datetime
    ledger: Ledger = field(default_factory=Ledger)
    counts: tuple[Count, ...] = ()
    waste: Waste | None = None
    incident_id: str | None = None
    revision: int = 0

    @property
    def is_settled(self) -> bool:
        """Nothing is left of it, and nothing is open about it."""
        return self.ledger.remaining == 0 and self.incident_id is None

    @property
    def last_entry_at(self) -> datetime:
        return self.ledger.entries[-1].at if self.ledger.entries else self.received_at

    @property
    def received(self) -> int:
        return -self.ledger.balance(Account("supplier"))

    @property
    def holder(self) -> str | None:
        """Who has the vial; None while it is in the store."""
        amounts = self.ledger.balances().items()
        return next((a.of for a, amount in amounts if a.kind == "with" and amount > 0), None)

    @property
    def stored(self) -> int:
        return self.ledger.balance(STORE)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Posted(entry):
                return replace(following, ledger=self.ledger.post(entry))
            case WasteProposed(waste):
                return replace(following, waste=waste)
            case WasteWitnessed(entry):
                return replace(following, waste=None, ledger=self.ledger.post(entry))
            case Counted(count):
                return replace(following, counts=with_count(self.counts, count))
            case DiscrepancyFound(count, incident_id):
                counts = with_count(self.counts, count)
                return replace(following, counts=counts, incident_id=incident_id)
            case Released(_, entry):
                ledger = self.ledger if entry is None else self.ledger.post(entry)
                return replace(following, ledger=ledger, incident_id=None)
            case _:
                assert_never(fact)
