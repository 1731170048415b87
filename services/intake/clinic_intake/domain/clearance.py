"""The life of a clearance: a prescriber's decision that a patient may be treated, until a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, Self, TypeAlias, assert_never

from clinic_intake.domain.consent import Consent
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.errors import (
    GatesBlock,
    NotAllowed,
    NothingToOverride,
    SecondPersonNeeded,
    UnknownProtocol,
)
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.screening import Screening
from clinic_platform.decisions import Known, Receipt

PRESCRIBER: Final = "prescriber"
SCREENING: Final = "screening_outcome"  # the fact; its source is the screening's id


class Status(StrEnum):
    NEW = "new"
    AWAITING_CO_SIGNATURE = "awaiting_co_signature"
    CLEARED = "cleared"
    DECLINED = "declined"
    DEFERRED = "deferred"
    ENDED = "ended"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.NEW: (
        Status.CLEARED,
        Status.AWAITING_CO_SIGNATURE,
        Status.DECLINED,
        Status.DEFERRED,
    ),
    Status.AWAITING_CO_SIGNATURE: (Status.CLEARED, Status.ENDED),
    Status.CLEARED: (Status.ENDED,),
    Status.DECLINED: (),
    Status.DEFERRED: (),
    Status.ENDED: (),
}
STANDING: Final = (Status.AWAITING_CO_SIGNATURE, Status.CLEARED)


class Ending(StrEnum):
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SUPERSEDED = "superseded"
    PATIENT_ERASED = "patient_erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`override` is the reason to clear in spite of an exclusion."""

    outcome: Literal["cleared", "declined", "deferred"]
    rationale: str
    indication: str
    protocol: str
    override: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearancePolicy:
    """`protocols`: for which indications each protocol may be cleared."""

    version: int
    valid_for: timedelta
    protocols: Mapping[str, tuple[str, ...]]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. ValueError when it has another form."""
        protocols = document.get("protocols")
        if not isinstance(protocols, Mapping) or not protocols:
            raise ValueError("The clearance policy names no protocols.")
        return cls(
            version=int(str(document["version"])),
            valid_for=timedelta(days=int(str(document["valid_for_days"]))),
            protocols={str(name): tuple(map(str, codes)) for name, codes in protocols.items()},
        )

    def check(self, protocol: str, indication: str) -> None:
        """Raises UnknownProtocol."""
        if indication not in self.protocols.get(protocol, ()):
            raise UnknownProtocol(sorted(self.protocols))


@dataclass(frozen=True, slots=True)
class Cleared:
    """`receipt`: what the gates found at this moment."""

    at: datetime
    expires_at: datetime
    receipt: Receipt
    co_signed_by: str | None


@dataclass(frozen=True, slots=True)
class OverrideProposed:
    """The prescriber would clear in spite of an exclusion; a second one has to agree."""

    receipt: Receipt
    reason: str


@dataclass(frozen=True, slots=True)
class Declined:
    pass


@dataclass(frozen=True, slots=True)
class Deferred:
    pass


@dataclass(frozen=True, slots=True)
class Ended:
    at: datetime
    reason: Ending


Fact: TypeAlias = Cleared | OverrideProposed | Declined | Deferred | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """`rationale` and `override_reason` are words about a person: they are kept here only."""

    id: str
    patient_id: str
    location_id: str
    indication: str
    protocol: str
    screening_id: str
    rationale: str
    decided_by: str
    decided_at: datetime
    status: Status = Status.NEW
    receipt: Receipt | None = None
    override_reason: str | None = None
    co_signed_by: str | None = None
    cleared_at: datetime | None = None
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    ended_because: Ending | None = None
    revision: int = 0

    def clear(
        self, receipt: Receipt, *, override: str | None, valid_for: timedelta, now: datetime
    ) -> Cleared | OverrideProposed:
        """Raises GatesBlock unless every gate is open, or all that are closed are overridden."""
        if not receipt.blocking:
            self._may_become(Status.CLEARED)
            if override is not None:
                raise NothingToOverride
            return Cleared(now, now + valid_for, receipt, None)
        self._may_become(Status.AWAITING_CO_SIGNATURE)
        if override is None or not _may_be_overridden(receipt):
            raise GatesBlock(receipt)
        return OverrideProposed(receipt, override)

    def co_sign(self, by: str, receipt: Receipt, *, valid_for: timedelta, now: datetime) -> Cleared:
        """The gates are asked again: the override covers the screening it was made on, no more."""
        if self.status is not Status.AWAITING_CO_SIGNATURE:
            raise NotAllowed("A clearance", self.status, Status.CLEARED, allowed=self._allowed)
        if by == self.decided_by:
            raise SecondPersonNeeded
        if not self._covers(receipt):
            raise GatesBlock(receipt)
        return Cleared(now, now + valid_for, receipt, by)

    def decline(self) -> Declined:
        self._may_become(Status.DECLINED)
        return Declined()

    def defer(self) -> Deferred:
        self._may_become(Status.DEFERRED)
        return Deferred()

    def end(self, reason: Ending, *, now: datetime) -> Ended:
        self._may_become(Status.ENDED)
        return Ended(now, reason)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Cleared(at, expires_at, receipt, by):
                return replace(
                    following,
                    status=Status.CLEARED,
                    cleared_at=at,
                    expires_at=expires_at,
                    receipt=receipt,
                    co_signed_by=by,
                )
            case OverrideProposed(receipt, reason):
                return replace(
                    following,
                    status=Status.AWAITING_CO_SIGNATURE,
                    receipt=receipt,
                    override_reason=reason,
                )
            case Declined():
                return replace(following, status=Status.DECLINED)
            case Deferred():
                return replace(following, status=Status.DEFERRED)
            case Ended(at, reason):
                return replace(following, status=Status.ENDED, ended_at=at, ended_because=reason)
            case _:
                assert_never(fact)

    def _covers(self, receipt: Receipt) -> bool:
        is_the_same = receipt.facts[SCREENING].source == self.screening_id
        return not receipt.blocking or (is_the_same and _may_be_overridden(receipt))

    @property
    def _allowed(self) -> tuple[Status, ...]:
        return ARROWS[self.status]

    def _may_become(self, status: Status) -> None:
        if status not in self._allowed:
            raise NotAllowed("A clearance", self.status, status, allowed=self._allowed)


def gate_facts(
    *,
    consents: Sequence[Consent],
    kinds: Sequence[str],
    consultation: Consultation | None,
    screening: Screening | None,
    risks: Sequence[Risk],
    now: datetime,
) -> dict[str, Known]:
    """Everything the gates of a clearance ask about."""
    facts = {f"consent_{kind}_is_current": _consent_fact(consents, kind, now) for kind in kinds}
    facts["risk_alert_is_open"] = Known(
        value=bool(risks), known_at=now, source=",".join(risk.alert_id for risk in risks)
    )
    if consultation is not None:
        facts["consultation_is_held"] = Known(
            value=True, known_at=consultation.held_at, source=consultation.id
        )
    if screening is not None:
        facts[SCREENING] = Known(
            value=screening.receipt.outcome, known_at=screening.completed_at, source=screening.id
        )
    return facts


def _consent_fact(consents: Sequence[Consent], kind: str, now: datetime) -> Known:
    for consent in consents:
        if consent.kind == kind and consent.is_current(now=now):
            return Known(value=True, known_at=consent.given_at, source=consent.id)
    return Known(value=False, known_at=now)


def _may_be_overridden(receipt: Receipt) -> bool:
    return all(
        PRESCRIBER in finding.waivable_by and finding.why == "hit" for finding in receipt.blocking
    )
