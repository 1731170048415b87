"""Domain objects as documents and back. The shape of what is stored, in one place."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from pydantic import TypeAdapter

from clinic_events.ports import Document
from clinic_sessions.domain.bedside.standing import Standing
from clinic_sessions.domain.bedside.waiver import GateWaiver
from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.days import AsBusy, Busy
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.booking.visit import Reservation, Visit
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session

_SESSION: Final = TypeAdapter(Session)
_HOLD: Final = TypeAdapter(Hold)
_WAIVERS: Final = TypeAdapter(tuple[GateWaiver, ...])
_PLAN: Final = TypeAdapter(Plan)
_STANDING: Final = TypeAdapter(Standing)
_LOCATION: Final = TypeAdapter(Location)


def of_session(session: Session) -> Document:
    document: Document = _SESSION.dump_python(session)
    return {**_by_id(document), **_looked_for(session.booked_visit, session.takes_up)}


def session_in(document: Document) -> Session:
    return _SESSION.validate_python(_without_id(document))


def of_hold(hold: Hold) -> Document:
    return {**_by_id(_HOLD.dump_python(hold)), **_looked_for(hold.visit, hold.visit.reservations)}


def hold_in(document: Document) -> Hold:
    return _HOLD.validate_python(_without_id(document))


def of_waivers(waivers: tuple[GateWaiver, ...]) -> list[Document]:
    kept: list[Document] = _WAIVERS.dump_python(waivers, mode="json")
    return kept


def of_plan(plan: Plan) -> Document:
    return _by_id(_PLAN.dump_python(plan))


def plan_in(document: Document) -> Plan:
    return _PLAN.validate_python(_without_id(document))


def of_standing(standing: Standing) -> Document:
    return {"_id": standing.patient_id, **_STANDING.dump_python(standing)}


def standing_in(document: Document) -> Standing:
    return _STANDING.validate_python(document)


def of_location(location: Location) -> Document:
    """BSON has no times of day: they are kept as text."""
    return _by_id(_LOCATION.dump_python(location, mode="json"))


def location_in(document: Document) -> Location:
    return _LOCATION.validate_python(_without_id(document))


def taken_in(documents: Iterable[Document]) -> Iterator[AsBusy]:
    """All that their `taken` holds: the fields of each `Busy`."""
    values = chain.from_iterable(document["taken"] for document in documents)
    return zip(*[values] * len(Busy._fields), strict=True)


def shared_in(documents: Iterable[Document], people: Mapping[str, str]) -> Iterator[AsBusy]:
    """What those of these people have in them, under the names they are given here. Elsewhere they
    are there for nobody here, with whomever they share their time."""
    for one in chain.from_iterable(document["shared"] for document in documents):
        if one["person"] in people:
            kind, _, first, end, _ = one["taken"]
            yield kind, people[one["person"]], first, end, 1


def _looked_for(visit: Visit, takes_up: Collection[Reservation]) -> Document:
    """What is asked for by day, beside the visit it is part of. Thousands are read at once, so that
    times are shown as slots, too, and `taken` is the fields of each `Busy`, one after another: a
    number is read ten times as fast as a time with its zone, and one list faster than many.
    `shared`: of those who may be asked for at another place, too."""
    return {
        "starts_at": visit.starts_at,
        "starts_in": grid.slot_of(visit.starts_at),
        "ends_at": visit.ends_at,
        "chair": visit.chair,
        "taken": [value for one in takes_up for value in _busy(one)],
        "shared": [
            {"person": one.person, "taken": _busy(one)}
            for one in takes_up
            if one.person is not None
        ],
    }


def _busy(one: Reservation) -> Busy:
    return Busy(one.kind, one.resource, one.taken_from, one.taken_until, one.at_most)


def _by_id(document: Document) -> Document:
    return {"_id": document.pop("id"), **document}


def _without_id(document: Document) -> Document:
    return {**document, "id": document["_id"]}
