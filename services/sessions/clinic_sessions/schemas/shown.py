"""What the HTTP API gives."""

from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from clinic_events.ports import Document
from clinic_platform.decisions import Receipt
from clinic_sessions.domain.booking import Offer
from clinic_sessions.domain.location import Location
from clinic_sessions.domain.session import Session


class LocationOut(BaseModel):
    id: str
    version: int
    display_name: str
    zone: str
    chairs: list[str]
    nurses: list[str]
    protocols: list[str]

    @classmethod
    def of(cls, location: Location) -> Self:
        details = location.details
        return cls(
            id=location.id,
            version=location.revision,
            display_name=details.display_name,
            zone=details.zone,
            chairs=list(details.chairs),
            nurses=list(details.nurses),
            protocols=list(details.protocols),
        )


class DoseOut(BaseModel):
    number: int
    dose_mg: float
    mg_per_kg: float
    weight_kg: float
    volume_ml: float
    rate_mg_per_min: float
    above_soft_limit: bool
    is_verified: bool


class SessionOut(BaseModel):
    """`starts_local` is the time on the wall of the location, in `zone`."""

    id: str
    patient_id: str
    location_id: str
    plan_id: str
    infusion_number: int
    status: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    zone: str
    chair: str
    nurse: str
    dose: DoseOut | None
    version: int

    @classmethod
    def of(cls, session: Session, zone: str) -> Self:
        visit, order = session.booked_visit, session.order
        return cls(
            id=session.id,
            patient_id=session.patient_id,
            location_id=session.location_id,
            plan_id=session.plan_id,
            infusion_number=session.infusion_number,
            status=session.status,
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            starts_local=visit.starts_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M"),
            zone=zone,
            chair=visit.chair,
            nurse=visit.nurse,
            dose=None
            if order is None
            else DoseOut(
                number=order.number,
                dose_mg=order.dose_mg,
                mg_per_kg=order.mg_per_kg,
                weight_kg=order.weight_kg,
                volume_ml=order.volume_ml,
                rate_mg_per_min=order.rate_mg_per_min,
                above_soft_limit=order.above_soft_limit,
                is_verified=order.verified_by is not None,
            ),
            version=session.revision,
        )


class PlanOut(BaseModel):
    id: str
    patient_id: str
    location_id: str
    protocol: str
    protocol_version: int
    infusions: int
    given: int
    version: int

    @classmethod
    def of(cls, document: Document) -> Self:
        fields = {name: document[name] for name in cls.model_fields if name in document}
        version = document["revision"]
        return cls(
            **{**fields, "id": document["_id"], "given": len(document["given"]), "version": version}
        )


class FindingOut(BaseModel):
    rule: str
    why: str
    message: str
    source: str
    waivable_by: list[str]
    facts: dict[str, bool | float | str | None]
    ages_seconds: dict[str, int | None]


class ReceiptOut(BaseModel):
    rule_set: str
    version: int
    as_of: datetime
    outcome: str
    findings: list[FindingOut]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        findings = [
            FindingOut(
                rule=finding.rule,
                why=finding.why,
                message=finding.message,
                source=finding.source,
                waivable_by=list(finding.waivable_by),
                facts={used.name: used.value for used in finding.used},
                ages_seconds={used.name: used.age_seconds for used in finding.used},
            )
            for finding in receipt.findings
        ]
        return cls(
            rule_set=receipt.rule_set,
            version=receipt.version,
            as_of=receipt.as_of,
            outcome=receipt.outcome,
            findings=findings,
        )


class SlotOut(BaseModel):
    starts_at: datetime
    chair: str | None
    nurse: str | None
    why_not: str | None

    @classmethod
    def of(cls, offer: Offer) -> Self:
        return cls(
            starts_at=offer.starts_at, chair=offer.chair, nurse=offer.nurse, why_not=offer.why_not
        )
