"""The dose, from the order to the last milligram: ordered by one, prepared, verified by another,
given, paused, resumed, slowed, stopped. Every verb is a person's; nothing here acts by itself."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from clinic_sessions.domain.bedside.dose import DoseOrder, FromVial, Prepared, of_strength
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.giving import DeviceGiven, RateSet, Why
from clinic_sessions.domain.bedside.orders import OrderBook, OrderEntry
from clinic_sessions.domain.errors import (
    DeviceTooSoon,
    DilutionNeeded,
    DosingOutsideVisit,
    NoDoseOrdered,
    NoSuchOrder,
    NotForYourRole,
    NothingIsGiven,
    NotNow,
    NotPrepared,
    NotSlower,
    SecondPersonNeeded,
    StoppedEarly,
    TimeOutOfOrder,
    WeightChanged,
)
from clinic_sessions.domain.facts import (
    DoseOrdered,
    DosePrepared,
    DoseVerified,
    DosingStarted,
    DosingStopped,
    NextDeviceGiven,
    OrderLogged,
    RateChanged,
)
from clinic_sessions.domain.protocols.protocol import FixedDoses, Giving, Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AT_THE_CLINIC, Status


def order(session: Session, order: DoseOrder) -> DoseOrdered:
    session.only_while("Ordering a dose", (Status.ARRIVED, Status.READY))
    return DoseOrdered(order)


def prepare(
    session: Session,
    number: int,
    giving: Giving,
    *,
    by: str,
    is_diluted: bool,
    source: FromVial | None = None,
    now: datetime,
) -> DosePrepared:
    """The newest order, drawn up and the pump programmed. Of the vial it is prepared from it has
    the volume, which another person verifies. Raises NoDoseOrdered, DilutionNeeded."""
    session.only_while("Preparing a dose", (Status.ARRIVED,))
    ordered = _newest(session, number)
    _still_weighs(session, ordered)
    if source is not None:
        ordered = of_strength(ordered, source.mg_per_ml, giving)
    if ordered.needs_dilution and not is_diluted:
        raise DilutionNeeded
    vial_id = None if source is None else source.vial_id
    prepared = Prepared(by=by, at=now, is_diluted=is_diluted, vial_id=vial_id)
    return DosePrepared(ordered.prepared_as(prepared))


def verify(session: Session, number: int, *, by: str, gates: Gates) -> DoseVerified:
    """A second person, who has never prepared this order, confirms what is prepared; with every
    gate open, the patient is ready."""
    session.may_become(Status.READY)
    ordered = _newest(session, number)
    if ordered.prepared is None:
        raise NotPrepared
    if by in ordered.hands:
        raise SecondPersonNeeded
    _still_weighs(session, ordered)
    gates.must_be_open()
    return DoseVerified(replace(ordered, verified_by=by), gates.receipt)


def start(session: Session, route: str, *, by: str, now: datetime, gates: Gates) -> DosingStarted:
    """The gates are asked again: what was true at the verification may have changed. Only while
    the visit lasts: who has arrived early waits for its chair and people. Raises
    DosingOutsideVisit."""
    session.may_become(Status.DOSING)
    visit = session.booked_visit
    if not visit.starts_at <= now < visit.ends_at:
        raise DosingOutsideVisit(visit.starts_at, visit.ends_at)
    gates.must_be_open()
    ordered = session.order
    if ordered is None or ordered.verified_by is None:
        raise NoDoseOrdered
    _still_weighs(session, ordered)
    return DosingStarted(now, ordered, route, gates.receipt, by)


def hold(session: Session, reason: str, *, by: str, now: datetime) -> RateChanged:
    _runs(session, "Pausing")
    return _rate(0, "paused", reason, by, now)


def resume(session: Session, reason: str, *, by: str, now: datetime) -> RateChanged:
    """At the rate it had before the pause."""
    session.only_while("Resuming", (Status.DOSING,))
    if not session.is_paused:
        raise NotNow("Resuming", "dosing and not paused", allowed=("pause", "slow", "stop"))
    before = session.rates[-2].rate_mg_per_min
    return _rate(before, "resumed", reason, by, now)


def slow(session: Session, rate: float, reason: str, *, by: str, now: datetime) -> RateChanged:
    """To `rate` mg per minute, less than it runs at. Raises NotSlower."""
    _runs(session, "Slowing")
    running = session.rates[-1].rate_mg_per_min
    if not 0 < rate < running:
        raise NotSlower(running)
    return _rate(rate, "slowed", reason, by, now)


def give_device(session: Session, protocol: Protocol, *, by: str, now: datetime) -> NextDeviceGiven:
    """The next nasal device, after the rest the protocol wants. Raises DeviceTooSoon."""
    session.only_while("Giving a device", (Status.DOSING,))
    ordered, doses = session.order, protocol.dose
    if ordered is None or not isinstance(doses, FixedDoses):
        raise NotNow("Giving a device", "not dosed by devices", allowed=())
    if len(session.devices) >= (ordered.devices or 0):
        raise NotNow("Giving a device", "given all of its devices", allowed=("stop",))
    if now - session.devices[-1].at < doses.between_devices:
        raise DeviceTooSoon(doses.between_devices.total_seconds() / 60)
    return NextDeviceGiven(DeviceGiven(number=len(session.devices) + 1, at=now, by=by))


def stop(session: Session, reason: str | None, *, by: str, now: datetime) -> DosingStopped:
    """The end of dosing. With part of the dose still out it needs a reason: raises StoppedEarly."""
    session.may_become(Status.MONITORING)
    if reason is None and is_cut_short(session, now):
        raise StoppedEarly
    return DosingStopped(now, reason or "dose_given", by)


def is_cut_short(session: Session, now: datetime) -> bool:
    """More than a minute's worth is not in: clocks, and a hand on the pump, are not exact."""
    given, ordered = session.mg_given(now), session.order
    if given is None or ordered is None:
        return False
    return ordered.dose_mg - given > (ordered.rate_mg_per_min or 0)


def log_order(session: Session, entry: OrderEntry, *, book: OrderBook) -> OrderLogged:
    """Raises NoSuchOrder, NothingIsGiven, TimeOutOfOrder."""
    session.only_while("Logging an order", AT_THE_CLINIC)
    if entry.order not in book:
        raise NoSuchOrder(sorted(book))
    if entry.medicine is not None and not book[entry.order].is_given:
        raise NothingIsGiven
    if entry.given_at > entry.logged_at:
        raise TimeOutOfOrder("given_at", "is not in the future")
    return OrderLogged(entry)


def role_among(wanted: str | None, held: Collection[str]) -> str:
    """The role in which somebody acts. Raises NotForYourRole for one they have not got here."""
    if wanted is None and held:
        return min(held)
    if wanted is None or wanted not in held:
        raise NotForYourRole(sorted(held))
    return wanted


def _newest(session: Session, number: int) -> DoseOrder:
    if session.order is None or session.order.number != number:
        raise NoDoseOrdered
    return session.order


def _still_weighs(session: Session, ordered: DoseOrder) -> None:
    weight = session.facts.get("weight_kg")
    if weight is None or weight.value != ordered.weight_kg:
        raise WeightChanged


def _runs(session: Session, what: str) -> None:
    session.only_while(what, (Status.DOSING,))
    if session.is_paused:
        raise NotNow(what, "paused", allowed=("resume", "stop"))
    if not session.rates:
        raise NotNow(what, "dosed without a rate", allowed=("stop",))


def _rate(rate: float, why: Why, reason: str, by: str, now: datetime) -> RateChanged:
    return RateChanged(RateSet(at=now, rate_mg_per_min=rate, why=why, reason=reason, by=by))
