"""Builders for controlled drugs: plainly invented vials, hands and rules."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from clinic_platform.data import load
from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.bedside.giving import RateSet
from clinic_sessions.domain.drugs import moving, witnessing
from clinic_sessions.domain.drugs.esketamine import FieldMap, read_field_map
from clinic_sessions.domain.drugs.ledger import Account
from clinic_sessions.domain.drugs.moving import Hand
from clinic_sessions.domain.drugs.product import Product
from clinic_sessions.domain.drugs.rules import read_drug_rules
from clinic_sessions.domain.drugs.vial import (
    CheckOut,
    CheckOutAsked,
    CheckOutWitnessed,
    LeavingKind,
    Vial,
    Waste,
    WasteKind,
)
from clinic_sessions.domain.session import Session, Status
from tests.support.sessions import NOON, a_session

RULES = read_drug_rules(load("clinic_sessions", "drugs.yaml"))
CHICAGO = ZoneInfo("America/Chicago")
ADA, BEN, CYD, DEE = "usr_ada", "usr_ben", "usr_cyd", "usr_dee"


def a_field_map() -> FieldMap:
    """The newest."""
    return read_field_map(load("clinic_sessions", "forms/esketamine-monitoring@3.yaml"))


def a_product(*, drug: str = "ketamine", is_multi_dose: bool = True) -> Product:
    """500 mg in 10 mL."""
    return Product(
        drug=drug,
        code="0000-0000-01",
        lot="LOT-SAMPLE-1",
        strength=50_000,
        volume_ml=Decimal(10),
        is_multi_dose=is_multi_dose,
        expires_on=date(2031, 1, 31),
        supplier="sample-supplies",
        reference="INV-555-0100",
    )


def a_hand(by: str = ADA, *, now: datetime = NOON, minutes: int = 0) -> Hand:
    at = now + timedelta(minutes=minutes)
    return Hand(by=by, now=at, day=at.astimezone(CHICAGO))


def an_empty_book(number: int = 1, *, product: Product | None = None) -> Vial:
    """A vial before anything has happened to it."""
    return Vial(
        id=f"via_{number}",
        location_id="loc_sample",
        product=product or a_product(),
        received_at=NOON,
    )


def a_vial(*, product: Product | None = None) -> Vial:
    """Received, and in the store."""
    vial = an_empty_book(product=product)
    vial = vial.after(moving.receive(vial, a_hand()))
    return vial.after(moving.store(vial, a_hand()))


def a_vial_with(by: str = ADA) -> Vial:
    """Taken out of the store."""
    return taken(a_vial(), a_hand(by))


def taken(vial: Vial, hand: Hand) -> Vial:
    """Taken out by this hand, before somebody else."""
    vial = vial.after(asking(vial, hand))
    return vial.after(taking(vial, replace(hand, by=DEE)))


def asking(
    vial: Vial,
    hand: Hand,
    check_out_id: str = "out_1",
    *,
    kind: LeavingKind = "checked_out",
    place_id: str = "",
    reference: str | None = None,
) -> CheckOutAsked:
    check_out = CheckOut(
        id=check_out_id,
        by=hand.by,
        at=hand.now,
        kind=kind,
        place_id=place_id,
        reference=reference,
    )
    return witnessing.ask_check_out(vial, check_out, hand, within=RULES.witness_within)


def taking(vial: Vial, witness: Hand) -> CheckOutWitnessed:
    return witnessing.witness_check_out(vial, witness, "out_1", within=RULES.witness_within)


def a_drawn_vial(mg: int = 41, *, session_id: str = "ses_1") -> Vial:
    vial = a_vial_with()
    micrograms = mg * 1000
    return vial.after(moving.draw(vial, a_hand(), session_id=session_id, micrograms=micrograms))


SYRINGE = Account("syringe", "ses_1")


def a_waste(
    by: str = ADA,
    *,
    source: Account = SYRINGE,
    micrograms: int = 9_000,
    kind: WasteKind = "wasted",
    seen_by: tuple[str, ...] = (),
) -> Waste:
    return Waste(
        id="wst_1",
        kind=kind,
        source=source,
        micrograms=micrograms,
        method="drug_disposal_pouch",
        proposed_by=by,
        proposed_at=NOON,
        seen_by=seen_by,
    )


NOTED = (
    "prescriber_on_site",
    "concomitant_benzodiazepine",
    "concomitant_sedative",
    "concomitant_stimulant",
    "concomitant_maoi",
)


def an_ended_session(*, minutes: int = 130) -> Session:
    order = DoseOrder(
        number=1,
        mg_per_kg=0.5,
        weight_kg=82,
        dose_mg=41.0,
        volume_ml=0.82,
        rate_mg_per_min=1.0,
        above_soft_limit=False,
        ordered_by="usr_pre",
        ordered_at=NOON,
        verified_by="usr_ben",
    )
    running = RateSet(
        at=NOON, rate_mg_per_min=1.0, why="started", reason="as_ordered", by="usr_ada"
    )
    return replace(
        a_session(),
        order=order,
        rates=(running,),
        status=Status.COMPLETED,
        dosing_started_at=NOON,
        dosing_ended_at=NOON + timedelta(minutes=40),
        ended_at=NOON + timedelta(minutes=minutes),
        facts={name: Known(value=True, known_at=NOON) for name in NOTED},
    )
