"""The life of a vial: received, stored, taken out, drawn, given, wasted, counted, returned.

Pure. Asked to do something, a vial answers with a fact, or refuses. It changes only by a fact.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Self, TypeAlias, assert_never

from clinic_sessions.domain.drugs.counting import Count, with_count
from clinic_sessions.domain.drugs.ledger import RETURNED, STORE, Account, Entry, Ledger
from clinic_sessions.domain.drugs.product import Product

WasteKind: TypeAlias = Literal["wasted", "destroyed"]
LeavingKind: TypeAlias = Literal["checked_out", "returned", "transferred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waste:
    """Proposed by one, witnessed by others. Until then the amount stays where it is."""

    id: str
    kind: WasteKind
    source: Account
    micrograms: int
    method: str
    proposed_by: str
    proposed_at: datetime
    reference: str | None = None
    seen_by: tuple[str, ...] = ()

    @property
    def witnesses(self) -> int:
        """How many it takes: of unused stock that is destroyed (Form 41) two employees."""
        return 2 if self.kind == "destroyed" else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    """Asked for by one, witnessed by another. Until then the vial stays in the store.

    `kind` says how it leaves: with the one who asks or, with the number of a document, to the
    supplier or to `place_id`.
    """

    id: str
    by: str
    at: datetime
    kind: LeavingKind = "checked_out"
    place_id: str = ""
    reference: str | None = None

    @property
    def target(self) -> Account:
        match self.kind:
            case "checked_out":
                return Account("with", self.by)
            case "returned":
                return RETURNED
            case "transferred":
                return Account("transferred", self.place_id)
            case _:
                assert_never(self.kind)


@dataclass(frozen=True, slots=True)
class Posted:
    """An entry of the ledger."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class CheckOutAsked:
    check_out: CheckOut


@dataclass(frozen=True, slots=True)
class CheckOutWitnessed:
    entry: Entry


@dataclass(frozen=True, slots=True)
class WasteProposed:
    waste: Waste


@dataclass(frozen=True, slots=True)
class WasteSeen:
    """One of the witnesses it takes has."""

    waste: Waste


@dataclass(frozen=True, slots=True)
class WasteWitnessed:
    entry: Entry


@dataclass(frozen=True, slots=True)
class Counted:
    count: Count


@dataclass(frozen=True, slots=True)
class DiscrepancyFound:
    """A count that is not what the ledger says, or a session it was drawn for (then without a
    count): nothing leaves the vial until a person decides."""

    count: Count | None
    incident_id: str


@dataclass(frozen=True, slots=True)
class Released:
    """A person has closed the incident. `entry` writes off what is not accounted for."""

    incident_id: str
    entry: Entry | None


# What one asks for, and others witness.
Witnessing: TypeAlias = (
    CheckOutAsked | CheckOutWitnessed | WasteProposed | WasteSeen | WasteWitnessed
)
Fact: TypeAlias = Posted | Witnessing | Counted | DiscrepancyFound | Released


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
    check_out: CheckOut | None = None
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
    def handlers(self) -> set[str]:
        """Whoever has taken it, drawn from it, given or wasted of it."""
        handled = ("checked_out", "drawn", "given", "wasted")
        return {entry.by for entry in self.ledger.entries if entry.kind in handled}

    @property
    def sessions(self) -> set[str]:
        """Those that an entry is about."""
        return {e.session_id for e in self.ledger.entries if e.session_id is not None}

    @property
    def stored(self) -> int:
        return self.ledger.balance(STORE)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Posted(entry):
                return replace(following, ledger=self.ledger.post(entry))
            case Counted(count):
                return replace(following, counts=with_count(self.counts, count))
            case DiscrepancyFound(count, incident_id):
                # By the first incident; one that comes while it is open blocks after it.
                counts = self.counts if count is None else with_count(self.counts, count)
                return replace(
                    following, counts=counts, incident_id=self.incident_id or incident_id
                )
            case Released(incident_id, entry):
                ledger = self.ledger if entry is None else self.ledger.post(entry)
                left = None if self.incident_id == incident_id else self.incident_id
                return replace(following, ledger=ledger, incident_id=left)
            case _:
                return following._before_others(fact)

    def _before_others(self, fact: Witnessing) -> Self:
        match fact:
            case CheckOutAsked(check_out):
                return replace(self, check_out=check_out)
            case CheckOutWitnessed(entry):
                return replace(self, check_out=None, ledger=self.ledger.post(entry))
            case WasteProposed(waste) | WasteSeen(waste):
                return replace(self, waste=waste)
            case WasteWitnessed(entry):
                return replace(self, waste=None, ledger=self.ledger.post(entry))
            case _:
                assert_never(fact)
