"""What the other services have published about a patient, and what the gates make of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from operator import itemgetter
from typing import Final, Self

from clinic_platform.decisions import Facts, Known
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.reckoned import reckoned
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session

MEASURED: Final = "days_since_measure"
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`is_given` until `expires_at`; `since` is when it was given or withdrawn."""

    id: str
    is_given: bool
    expires_at: datetime | None
    since: datetime

    def holds(self, now: datetime) -> bool:
        return self.is_given and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """For one protocol, whose name is None as long as nothing but the end was received."""

    id: str
    protocol: str | None = None
    is_valid: bool
    expires_at: datetime
    since: datetime

    def holds(self, now: datetime) -> bool:
        return self.is_valid and now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """`version` orders the events of one alert; an open one blocks."""

    is_open: bool
    version: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A patient, as the other services' events have it. What no event has stated is not known."""

    patient_id: str
    consents: Mapping[str, Consent] = field(default_factory=dict)
    clearances: Mapping[str, Clearance] = field(default_factory=dict)
    risks: Mapping[str, Risk] = field(default_factory=dict)
    measures: Mapping[str, datetime] = field(default_factory=dict)
    erased_at: datetime | None = None

    def erase(self, *, at: datetime) -> Self:
        """For good: events that are handled later do not bring anybody back."""
        return replace(self, erased_at=at)

    def with_measure(self, instrument: str, at: datetime) -> Self:
        """When this instrument was answered last, and had a score."""
        known = self.measures.get(instrument)
        if known is not None and known >= at:
            return self
        return replace(self, measures={**self.measures, instrument: at})

    def with_consent(self, kind: str, consent: Consent) -> Self:
        """News may come twice and out of order: only what is newer counts."""
        known = self.consents.get(kind)
        if known is not None and known.since >= consent.since:
            return self
        return replace(self, consents={**self.consents, kind: consent})

    def with_clearance(self, clearance: Clearance) -> Self:
        """One that has ended does not begin again, in whichever order the events are handled."""
        if clearance.id in self.clearances:
            return self
        return replace(self, clearances={**self.clearances, clearance.id: clearance})

    def without_clearance(self, ended: Clearance) -> Self:
        known = self.clearances.get(ended.id, ended)
        gone = replace(ended, protocol=known.protocol)
        return replace(self, clearances={**self.clearances, ended.id: gone})

    def clearance_for(self, protocol: str, *, now: datetime) -> Clearance | None:
        """One that holds, else the newest: to be cleared for another protocol is not to be cleared
        for this one."""
        fitting = [one for one in self.clearances.values() if one.protocol == protocol]
        return max(fitting, key=lambda one: (one.holds(now), one.since), default=None)

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
    again: Sequence[Reading] = (),
    measures: Collection[str] = (),
    now: datetime,
) -> dict[str, Known]:
    """Everything the gates may ask about: received from others, noted at the bedside, and what
    follows from it for this patient, this protocol and the watch that is kept. None: nobody watches
    yet. `again`: the readings since what the watch waits for; `measures`: the instruments that
    count.
    """
    follows = reckoned(session, protocol, watch, again=again, now=now)
    measured = _measured(standing, session.facts, measures, now)
    return {**_received(standing, protocol, now), **session.facts, **measured, **follows}


def _measured(
    standing: Standing, noted: Facts, measures: Collection[str], now: datetime
) -> dict[str, Known]:
    """The days since the newest measure that was received or noted here; a begun one is whole."""
    known = [noted[MEASURED]] if MEASURED in noted else []
    for name, at in standing.measures.items():
        if name in measures:
            days = ceil(max((now - at) / A_DAY, 0.0))
            known.append(Known(value=days, known_at=now, source=f"{name}@{at.isoformat()}"))
    numbers = [(one.value, one) for one in known if isinstance(one.value, int | float)]
    return {MEASURED: min(numbers, key=itemgetter(0))[1]} if numbers else {}


def _received(standing: Standing, protocol: Protocol, now: datetime) -> dict[str, Known]:
    facts = _consented(standing, protocol.consents, now)
    clearance = standing.clearance_for(protocol.name, now=now)
    if clearance is not None:
        facts["clearance_is_valid"] = Known(
            value=clearance.holds(now), known_at=clearance.since, source=clearance.id
        )
    facts["risk_alert_is_open"] = _risk(standing.risks, now)
    return facts


def _risk(risks: Mapping[str, Risk], now: datetime) -> Known:
    """The source is what has been told since the oldest open alert, closed ones included: who let
    that one pass had not heard of another that came and went."""
    waiting = [risk.since for risk in risks.values() if risk.is_open]
    if not waiting:
        since = max((risk.since for risk in risks.values()), default=now)
        return Known(value=False, known_at=since, source="")
    told = (
        f"{alert}@{risk.version}"
        for alert, risk in sorted(risks.items())
        if risk.is_open or risk.since > min(waiting)
    )
    return Known(value=True, known_at=max(waiting), source=",".join(told))


def _consented(standing: Standing, kinds: Sequence[str], now: datetime) -> dict[str, Known]:
    """Every kind is given. One that was taken back or is over decides alone; without that, one that
    nothing was received of leaves it unknown."""
    found = [standing.consents[kind] for kind in kinds if kind in standing.consents]
    is_current = all(consent.holds(now) for consent in found)
    if is_current and len(found) < len(kinds):
        return {}
    since, ids = max(one.since for one in found), ",".join(one.id for one in found)
    return {"consent_is_current": Known(value=is_current, known_at=since, source=ids)}
