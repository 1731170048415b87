"""What this service has heard about a patient elsewhere, and what the gates make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.reckoned import reckoned
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session

TREATMENT: Final = "treatment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`is_given` until `expires_at`; `heard_of_at` is when that was so."""

    id: str
    is_given: bool
    expires_at: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    id: str
    is_valid: bool
    expires_at: datetime
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """`version` orders what was heard of one alert; an open one blocks."""

    is_open: bool
    version: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A patient, as far as the other services have told. What was not heard of is not known."""

    patient_id: str
    consents: Mapping[str, Consent] = field(default_factory=dict)
    clearance: Clearance | None = None
    risks: Mapping[str, Risk] = field(default_factory=dict)
    erased_at: datetime | None = None

    def erase(self, *, at: datetime) -> Self:
        """For good: news that is heard later does not bring anybody back."""
        return replace(self, erased_at=at)

    def with_consent(self, kind: str, consent: Consent) -> Self:
        """News may come twice and out of order: only what is newer counts."""
        known = self.consents.get(kind)
        if known is not None and known.since >= consent.since:
            return self
        return replace(self, consents={**self.consents, kind: consent})

    def with_clearance(self, clearance: Clearance) -> Self:
        known = self.clearance
        is_old_news = known is not None and (
            known.since >= clearance.since or (known.id == clearance.id and not known.is_valid)
        )
        return self if is_old_news else replace(self, clearance=clearance)

    def without_clearance(self, ended: Clearance) -> Self:
        """The end of another clearance than the one that counts now changes nothing."""
        known = self.clearance
        if known is not None and known.id != ended.id:
            return self
        return replace(self, clearance=ended)

    def with_risk(self, alert_id: str, risk: Risk) -> Self:
        known = self.risks.get(alert_id)
        if known is not None and known.version >= risk.version:
            return self
        return replace(self, risks={**self.risks, alert_id: risk})


def gate_facts(
    session: Session,
    standing: Standing,
    protocol: Protocol,
    watch: Watch | None,
    *,
    now: datetime,
) -> dict[str, Known]:
    """Everything the gates may ask about: heard from others, noted at the bedside, and what follows
    from it for this patient, this protocol and the watch that is kept. None: nobody watches yet.
    """
    follows = reckoned(session, protocol, watch, now=now)
    return {**_heard(standing, now), **session.facts, **follows}


def _heard(standing: Standing, now: datetime) -> dict[str, Known]:
    facts: dict[str, Known] = {}
    consent = standing.consents.get(TREATMENT)
    if consent is not None:
        is_current = consent.is_given and (consent.expires_at is None or now < consent.expires_at)
        facts["consent_is_current"] = Known(
            value=is_current, known_at=consent.since, source=consent.id
        )
    clearance = standing.clearance
    if clearance is not None:
        is_valid = clearance.is_valid and now < clearance.expires_at
        facts["clearance_is_valid"] = Known(
            value=is_valid, known_at=clearance.since, source=clearance.id
        )
    open_risks = sorted(alert for alert, risk in standing.risks.items() if risk.is_open)
    known = ",".join(f"{alert}@{standing.risks[alert].version}" for alert in open_risks)
    facts["risk_alert_is_open"] = Known(value=bool(open_risks), known_at=now, source=known)
    return facts
