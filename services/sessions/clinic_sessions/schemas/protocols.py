"""What the API takes and gives about protocols."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from clinic_platform.web import Sent, shown_as
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.rehearsal import Rehearsal, Tally
from clinic_sessions.schemas.kinds import Code

Version = Annotated[int, Field(ge=1, le=10_000)]


class MovePlan(Sent):
    model_config = shown_as({"version": 2, "reason": "new_limits"})

    version: Version
    reason: Code


class RehearseProtocol(Sent):
    """`draft` is what the file would hold, with the source of every number."""

    model_config = shown_as(
        {"draft": {"protocol": "iv-ketamine-depression", "version": 2}, "since_days": 30}
    )

    draft: dict[str, Any]
    since_days: Annotated[int, Field(ge=1, le=90)] = 90


class ProtocolListed(BaseModel):
    """The newest version, which new plans get, and all there are."""

    name: str
    version: int
    versions: list[int]
    indication: str
    drug: str
    route: str
    infusions: int
    visit_minutes: float

    @classmethod
    def of(cls, protocol: Protocol, versions: list[int]) -> Self:
        return cls(
            name=protocol.name,
            version=protocol.version,
            versions=versions,
            indication=protocol.indication,
            drug=protocol.drug,
            route=protocol.route,
            infusions=protocol.infusions,
            visit_minutes=protocol.visit_lasts.total_seconds() / 60,
        )


class ProtocolOut(BaseModel):
    """`document` is the whole file: each number as `{value, source}`."""

    name: str
    version: int
    versions: list[int]
    document: dict[str, Any]

    @classmethod
    def of(cls, protocol: Protocol, versions: list[int]) -> Self:
        return cls(
            name=protocol.name,
            version=protocol.version,
            versions=versions,
            document=dict(protocol.document),
        )


class PlanMovedOut(BaseModel):
    """`version` is the plan's own, as everywhere."""

    id: str
    protocol: str
    previous_protocol_version: int
    protocol_version: int
    infusions: int
    version: int

    @classmethod
    def of(cls, plan: Plan) -> Self:
        return cls(
            id=plan.id,
            protocol=plan.protocol,
            previous_protocol_version=plan.moves[-1].before,
            protocol_version=plan.protocol_version,
            infusions=plan.infusions,
            version=plan.revision,
        )


class SampleOut(BaseModel):
    session_id: str
    details: list[str]


class ChangeOut(BaseModel):
    kind: str
    count: int
    sessions: int
    samples: list[SampleOut]

    @classmethod
    def of(cls, change: Tally) -> Self:
        samples = [
            SampleOut(session_id=one.session_id, details=list(one.details))
            for one in change.samples
        ]
        return cls(kind=change.kind, count=change.count, sessions=change.sessions, samples=samples)


class RehearsalOut(BaseModel):
    """`is_whole` is false when there were more sessions than are looked at: the newest were."""

    protocol: str
    draft_version: int
    since: datetime
    sessions: int
    decisions: int
    doses: int
    is_whole: bool
    changes: list[ChangeOut]

    @classmethod
    def of(cls, draft: Protocol, rehearsal: Rehearsal, *, since: datetime, is_whole: bool) -> Self:
        return cls(
            protocol=draft.name,
            draft_version=draft.version,
            since=since,
            sessions=rehearsal.sessions,
            decisions=rehearsal.decisions,
            doses=rehearsal.doses,
            is_whole=is_whole,
            changes=[ChangeOut.of(change) for change in rehearsal.changes],
        )
