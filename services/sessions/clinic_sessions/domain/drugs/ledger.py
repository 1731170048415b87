"""The ledger of one vial: each entry moves an amount from one account to another.

Amounts are whole micrograms: nothing is rounded, so nothing drifts. What one account loses another
gains, so the accounts of a vial always add up to nothing; `supplier` stands below it by all that
was received.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, Self, TypeAlias

from clinic_sessions.domain.errors.drugs import NotThatMuch

AccountKind: TypeAlias = Literal[
    "supplier",
    "store",
    "with",
    "syringe",
    "patient",
    "wasted",
    "returned",
    "transferred",
    "destroyed",
    "unaccounted",
]
EntryKind: TypeAlias = Literal[
    "received",
    "stored",
    "checked_out",
    "drawn",
    "given",
    "wasted",
    "returned",
    "transferred",
    "destroyed",
    "written_off",
    "corrected",
]

# Still of the clinic, and to be accounted for.
REMAINING: Final = ("store", "with", "syringe")
IN_THE_VIAL: Final = ("store", "with")
# These may stand below nothing: what came in, and what a count found too much.
WITHOUT_BOUND: Final = ("supplier", "unaccounted")


@dataclass(frozen=True, slots=True)
class Account:
    """`of` names the person of `with`, the session of `syringe` and `patient`, or is empty."""

    kind: AccountKind
    of: str = ""


SUPPLIER: Final = Account("supplier")
STORE: Final = Account("store")
WASTED: Final = Account("wasted")
RETURNED: Final = Account("returned")
DESTROYED: Final = Account("destroyed")
UNACCOUNTED: Final = Account("unaccounted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`number` counts the entries of one vial from 1. `reference` is a document's number.

    `corrects` is the number of the entry that this one takes back.
    """

    number: int
    kind: EntryKind
    source: Account
    target: Account
    micrograms: int
    at: datetime
    by: str
    session_id: str | None = None
    witness: str | None = None
    reference: str | None = None
    corrects: int | None = None
    second_witness: str | None = None

    @property
    def brought_in(self) -> bool:
        """There is more to be accounted for since."""
        return self.target.kind in REMAINING and self.source.kind not in REMAINING


@dataclass(frozen=True, slots=True)
class Ledger:
    """Entries are added, never changed. An amount is what the entries say, and nothing else."""

    entries: tuple[Entry, ...] = ()

    def balance(self, account: Account) -> int:
        gained = sum(e.micrograms for e in self.entries if e.target == account)
        return gained - sum(e.micrograms for e in self.entries if e.source == account)

    def balances(self) -> dict[Account, int]:
        """Every account that was ever used, in the order in which it was."""
        used = dict.fromkeys(a for e in self.entries for a in (e.source, e.target))
        return {account: self.balance(account) for account in used}

    def total(self, kinds: Iterable[AccountKind]) -> int:
        wanted = frozenset(kinds)
        return sum(amount for a, amount in self.balances().items() if a.kind in wanted)

    @property
    def remaining(self) -> int:
        return self.total(REMAINING)

    @property
    def in_the_vial(self) -> int:
        """What a count is to find: in the store, or with the one who has the vial."""
        return self.total(IN_THE_VIAL)

    @property
    def is_balanced(self) -> bool:
        """Received is where it went, and no account gave more than it had."""
        amounts = self.balances()
        overdrawn = [a for a, amount in amounts.items() if amount < 0]
        return sum(amounts.values()) == 0 and all(a.kind in WITHOUT_BOUND for a in overdrawn)

    def post(self, entry: Entry) -> Self:
        """With the entry. Raises NotThatMuch when its source has less."""
        assert entry.micrograms > 0, "An entry moves something."
        assert entry.number == len(self.entries) + 1, "Entries are numbered without a gap."
        available = self.balance(entry.source)
        if entry.source.kind not in WITHOUT_BOUND and available < entry.micrograms:
            raise NotThatMuch(entry.source.kind, available)
        return replace(self, entries=(*self.entries, entry))

    def find(self, number: int) -> Entry | None:
        return self.entries[number - 1] if 0 < number <= len(self.entries) else None

    def is_corrected(self, number: int) -> bool:
        return any(entry.corrects == number for entry in self.entries)

    def standing(self) -> tuple[Entry, ...]:
        """The entries that count: neither taken back nor taking back."""
        gone = {e.corrects for e in self.entries if e.corrects is not None}
        return tuple(e for e in self.entries if e.corrects is None and e.number not in gone)
