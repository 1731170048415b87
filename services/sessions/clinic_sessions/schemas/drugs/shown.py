"""Vials and their ledger, as the API gives them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from clinic_platform.web import shown_as
from clinic_sessions.domain.drugs.ledger import Account, Entry
from clinic_sessions.domain.drugs.product import Product
from clinic_sessions.domain.drugs.vial import CheckOut, Vial, Waste
from clinic_sessions.schemas import examples


class AccountOut(BaseModel):
    kind: str
    of: str | None

    @classmethod
    def of_account(cls, account: Account) -> Self:
        return cls(kind=account.kind, of=account.of or None)


class BalanceOut(AccountOut):
    mg: float

    @classmethod
    def all_of(cls, balances: Mapping[Account, int]) -> list[Self]:
        return [
            cls(kind=account.kind, of=account.of or None, mg=amount / 1000)
            for account, amount in balances.items()
        ]


class EntryOut(BaseModel):
    """`ml` is the volume of these milligrams at the strength of the vial."""

    number: int
    kind: str
    source: AccountOut
    target: AccountOut
    mg: float
    ml: float
    at: datetime
    by: str
    session_id: str | None
    witness: str | None
    reference: str | None
    corrects: int | None
    second_witness: str | None

    @classmethod
    def of(cls, entry: Entry, product: Product) -> Self:
        return cls(
            number=entry.number,
            kind=entry.kind,
            source=AccountOut.of_account(entry.source),
            target=AccountOut.of_account(entry.target),
            mg=entry.micrograms / 1000,
            ml=round(float(product.volume_of(entry.micrograms)), 3),
            at=entry.at,
            by=entry.by,
            session_id=entry.session_id,
            witness=entry.witness,
            reference=entry.reference,
            corrects=entry.corrects,
            second_witness=entry.second_witness,
        )


class CheckOutOut(BaseModel):
    """Asked for, and not witnessed yet. `kind`: `checked_out`, or `returned` or `transferred` with
    the number of the document that goes with it."""

    id: str
    by: str
    at: datetime
    kind: str
    place_id: str
    reference: str | None

    @classmethod
    def of(cls, asked: CheckOut) -> Self:
        return cls.model_validate(asked, from_attributes=True)


class WasteOut(BaseModel):
    """`seen_by`: of the two witnesses of what is destroyed the first."""

    id: str
    kind: str
    source: AccountOut
    mg: float
    method: str
    proposed_by: str
    proposed_at: datetime
    seen_by: list[str]

    @classmethod
    def of(cls, waste: Waste) -> Self:
        return cls(
            id=waste.id,
            kind=waste.kind,
            source=AccountOut.of_account(waste.source),
            mg=waste.micrograms / 1000,
            method=waste.method,
            proposed_by=waste.proposed_by,
            proposed_at=waste.proposed_at,
            seen_by=list(waste.seen_by),
        )


class CountOut(BaseModel):
    shift: str
    found_mg: float
    expected_mg: float
    agrees: bool
    at: datetime
    by: str


class VialOut(BaseModel):
    id: str
    location_id: str
    drug: str
    product_code: str
    lot: str
    strength_mg_per_ml: float
    volume_ml: float
    is_multi_dose: bool
    expires_on: date
    supplier: str
    reference: str
    received_at: datetime
    received_mg: float
    remaining_mg: float
    balances: list[BalanceOut]
    with_whom: str | None
    blocked_by: str | None
    waste: WasteOut | None
    check_out: CheckOutOut | None
    version: int

    @classmethod
    def of(cls, vial: Vial) -> Self:
        return cls(**_plain(vial))


class VialWithEntries(VialOut):
    """With everything that moved, and the last count of each person at each end of
    a shift."""

    model_config = shown_as(examples.VIAL_WITH_ENTRIES)

    entries: list[EntryOut]
    counts: list[CountOut]

    @classmethod
    def of(cls, vial: Vial) -> Self:
        counts = [
            CountOut(
                shift=count.shift,
                found_mg=count.found / 1000,
                expected_mg=count.expected / 1000,
                agrees=count.agrees,
                at=count.at,
                by=count.by,
            )
            for count in vial.counts
        ]
        entries = [EntryOut.of(entry, vial.product) for entry in vial.ledger.entries]
        return cls(**_plain(vial), entries=entries, counts=counts)


def _plain(vial: Vial) -> dict[str, object]:
    product = vial.product
    return {
        "id": vial.id,
        "location_id": vial.location_id,
        "drug": product.drug,
        "product_code": product.code,
        "lot": product.lot,
        "strength_mg_per_ml": product.strength / 1000,
        "volume_ml": float(product.volume_ml),
        "is_multi_dose": product.is_multi_dose,
        "expires_on": product.expires_on,
        "supplier": product.supplier,
        "reference": product.reference,
        "received_at": vial.received_at,
        "received_mg": vial.received / 1000,
        "remaining_mg": vial.ledger.remaining / 1000,
        "balances": BalanceOut.all_of(vial.ledger.balances()),
        "with_whom": vial.holder,
        "blocked_by": vial.incident_id,
        "waste": None if vial.waste is None else WasteOut.of(vial.waste),
        "check_out": None if vial.check_out is None else CheckOutOut.of(vial.check_out),
        "version": vial.revision,
    }
