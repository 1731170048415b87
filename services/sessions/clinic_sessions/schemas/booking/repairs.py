"""What the API takes and gives about repairs of a plan's visits."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from clinic_platform.web import Moment, Sent
from clinic_sessions.domain.booking.proposal import Proposal, RepairWanted
from clinic_sessions.schemas.booking.asked import Seating
from clinic_sessions.schemas.booking.history import PlacedOut
from clinic_sessions.schemas.booking.series import Preferring

SHOWN = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Away(Sent):
    """When the patient cannot come."""

    since: Annotated[Moment, Field(alias="from")]
    until: Moment

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since >= self.until:
            raise ValueError("The earlier time comes first.")
        return self


class ProposeRepair(Preferring, Seating):
    """What can stay, stays. What is moved is moved to where it suits what is wished here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {},
                {"away": [{"from": "2030-01-08T00:00:00Z", "until": "2030-01-11T00:00:00Z"}]},
            ]
        }
    )

    away: Annotated[tuple[Away, ...], Field(max_length=10)] = ()
    until: Moment | None = None

    def wanted(self) -> RepairWanted:
        return RepairWanted(
            away=tuple((one.since, one.until) for one in self.away),
            until=self.until,
            preference=self.preference(),
            wishes=self.wishes(),
        )


class ApplyRepair(ProposeRepair):
    """The same question again, with the `fingerprint` of the answer. Visits that are lost are
    cancelled with `cancel_lost` only."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"fingerprint": SHOWN}]})

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    cancel_lost: bool = False


class FateOut(BaseModel):
    """`after` is null for a visit that is lost; `why` is what is in the way of its staying."""

    session_id: str
    fate: Literal["stays", "moves", "lost"]
    why: str | None
    before: PlacedOut
    after: PlacedOut | None


class CostsOut(BaseModel):
    """`gap_days`: time between two infusions above the protocol's most, of all gaps together.
    `after_the_series_ends`: infusions later than the protocol gives the whole series."""

    lost: int
    after_the_series_ends: int
    gap_days: float
    moved: int


class RepairOut(BaseModel):
    plan_id: str
    asked_at: datetime
    fingerprint: str
    visits: list[FateOut]
    costs: CostsOut

    @classmethod
    def of(cls, plan_id: str, proposal: Proposal, zone: str, now: datetime) -> Self:
        return cls.model_validate({"plan_id": plan_id, "asked_at": now, **proposal.details(zone)})
