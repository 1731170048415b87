"""What the API takes and gives about a change of a location, and the bookings it touches."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, JsonValue

from clinic_platform.web import Sent, shown_as
from clinic_sessions.domain.places.changes import Effect, PlannedChange, Touched
from clinic_sessions.domain.places.difference import Changed
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.promised import PromisedTime
from clinic_sessions.domain.places.repair import Repair
from clinic_sessions.schemas import examples
from clinic_sessions.schemas.places.document import DescribeLocation, LocationOut

SAMPLES: Final = 5  # of each kind: enough to know what is meant


class ApplyChange(Sent):
    """The document that was planned, and the plan's fingerprint."""

    model_config = shown_as(
        {"document": examples.DOCUMENT, "fingerprint": f"{32 * '0'}-{32 * '1'}"}
    )

    document: DescribeLocation
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{32}-[0-9a-f]{32}$")]


class ChangedOut(BaseModel):
    """`field`: a path of names. null: it is not there."""

    field: str
    before: JsonValue
    after: JsonValue

    @classmethod
    def of(cls, changed: Changed) -> Self:
        return cls(field=changed.field, before=changed.before, after=changed.after)


class EffectOut(BaseModel):
    """`kind`: closed_day, outside_hours, place_lost, place_closed, person_lost, person_closed,
    person_out_of_shift, person_over_ratio, place_over_capacity, place_without_buffer,
    equipment_lost, equipment_closed or protocol_not_offered; or, without breaking the booking,
    zone_moved, person_may_do_less or registration_missing. `resource`: what it is about."""

    kind: str
    resource: str | None

    @classmethod
    def of(cls, effect: Effect) -> Self:
        return cls(kind=effect.kind, resource=effect.resource)


class TouchedOut(BaseModel):
    """A booking; its instant stays. `…_local`: on the wall of the location, before and after."""

    session_id: str
    plan_id: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    zone: str
    starts_local_after: str
    zone_after: str
    broken: bool
    effects: list[EffectOut]

    @classmethod
    def of(cls, one: Touched) -> Self:
        return cls(
            session_id=one.session_id,
            plan_id=one.plan_id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            starts_local=_wall(one.local_before),
            zone=str(one.local_before.tzinfo),
            starts_local_after=_wall(one.local_after),
            zone_after=str(one.local_after.tzinfo),
            broken=one.is_broken,
            effects=[EffectOut.of(effect) for effect in one.effects],
        )


class KindOut(BaseModel):
    """How many bookings are touched in this way, and the first of them."""

    kind: str
    bookings: int
    samples: list[TouchedOut]


class PromisedTimeOut(BaseModel):
    """A start that is held for somebody, or offered to them, until `expires_at`."""

    hold_id: str
    offer_id: str | None
    plan_id: str
    starts_at: datetime
    starts_local: str
    starts_local_after: str
    expires_at: datetime
    effects: list[EffectOut]

    @classmethod
    def of(cls, one: PromisedTime) -> Self:
        return cls(
            hold_id=one.hold_id,
            offer_id=one.offer_id,
            plan_id=one.plan_id,
            starts_at=one.starts_at,
            starts_local=_wall(one.local_before),
            starts_local_after=_wall(one.local_after),
            expires_at=one.expires_at,
            effects=[EffectOut.of(effect) for effect in one.effects],
        )


class PromisesOut(BaseModel):
    """How many promised times could not be kept; `kind` is `hold` or `offer`; the first of them."""

    kind: str
    promises: int
    samples: list[PromisedTimeOut]


class PlaceChangeOut(BaseModel):
    """What a change would do. Nothing is stored; apply it under its fingerprint.

    `version`: of the location as it is, 0 where the change opens it. `broken` of the bookings
    `touched` could not be held as they are; they keep standing until somebody moves them.
    `promised` times are not in the fingerprint: they come and go by the minute.
    """

    location_id: str
    version: int
    changes: list[ChangedOut]
    touched: int
    broken: int
    kinds: list[KindOut]
    promised: list[PromisesOut]
    fingerprint: str

    @classmethod
    def of(cls, planned: PlannedChange, promised: Sequence[PromisedTime]) -> Self:
        return cls(
            location_id=planned.before.id,
            version=planned.before.revision,
            changes=[ChangedOut.of(changed) for changed in planned.fields],
            touched=len(planned.touched),
            broken=len(planned.broken),
            kinds=_kinds(planned.touched),
            promised=_promises(promised),
            fingerprint=planned.fingerprint,
        )


class AppliedOut(BaseModel):
    """The location as it is now, and every booking that the change has broken."""

    location: LocationOut
    broken: list[TouchedOut]

    @classmethod
    def of(cls, location: Location, planned: PlannedChange) -> Self:
        broken = [TouchedOut.of(one) for one in planned.broken]
        return cls(location=LocationOut.of(location), broken=broken)


class RepairOut(BaseModel):
    """What `reschedule` takes; it was free a moment ago, and nothing is held."""

    starts_at: datetime
    starts_local: str
    chair: str
    nurse: str


class BrokenBookingOut(BaseModel):
    """A booking that its location does not hold, why, and the nearest starts it could move to."""

    session_id: str
    plan_id: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    zone: str
    effects: list[EffectOut]
    repairs: list[RepairOut]

    @classmethod
    def of(cls, location: Location, one: Touched, repairs: Sequence[Repair]) -> Self:
        calendar = location.calendar
        return cls(
            session_id=one.session_id,
            plan_id=one.plan_id,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            starts_local=_wall(one.local_after),
            zone=calendar.zone,
            effects=[EffectOut.of(effect) for effect in one.effects],
            repairs=[
                RepairOut(
                    starts_at=repair.starts_at,
                    starts_local=_wall(calendar.local(repair.starts_at)),
                    chair=repair.chair,
                    nurse=repair.nurse,
                )
                for repair in repairs
            ],
        )


def _kinds(touched: Sequence[Touched]) -> list[KindOut]:
    """The most frequent first. A booking counts once for each kind, whatever it is about."""
    kinds = {one.session_id: {effect.kind for effect in one.effects} for one in touched}
    counted = Counter(kind for of_one in kinds.values() for kind in sorted(of_one))
    return [
        KindOut(kind=kind, bookings=number, samples=_samples(touched, kind))
        for kind, number in counted.most_common()
    ]


def _promises(promised: Sequence[PromisedTime]) -> list[PromisesOut]:
    counted = Counter(one.kind for one in promised)
    return [
        PromisesOut(
            kind=kind,
            promises=number,
            samples=[PromisedTimeOut.of(one) for one in promised if one.kind == kind][:SAMPLES],
        )
        for kind, number in counted.most_common()
    ]


def _samples(touched: Sequence[Touched], kind: str) -> list[TouchedOut]:
    of_kind = [one for one in touched if any(effect.kind == kind for effect in one.effects)]
    return [TouchedOut.of(one) for one in of_kind[:SAMPLES]]


def _wall(local: datetime) -> str:
    return local.strftime("%Y-%m-%dT%H:%M")
