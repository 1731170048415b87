"""Adverse events: noted, amended with their history, and the serious ones reported in time."""

from collections.abc import Mapping

from clinic_sessions.domain.bedside.adverse_event import (
    DEATH,
    LIFE_THREATENING,
    Account,
    AdverseEvent,
    Report,
    a_new_one,
)
from clinic_sessions.domain.errors import (
    AdverseEventNotFound,
    NoSuchTerm,
    NotSerious,
    SeriousnessMissing,
    TimeOutOfOrder,
)
from clinic_sessions.domain.facts import AdverseEventNoted
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import SEEN, Status


def note(
    session: Session, event_id: str, account: Account, *, catalogue: Mapping[str, str]
) -> AdverseEventNoted:
    """Raises NoSuchTerm, TimeOutOfOrder, SeriousnessMissing."""
    session.only_while("Noting an adverse event", SEEN)
    _fits(account, catalogue)
    return AdverseEventNoted(a_new_one(event_id, account))


def amend(
    session: Session, event_id: str, account: Account, *, catalogue: Mapping[str, str]
) -> AdverseEventNoted:
    """The newest account counts, the earlier ones are kept. Raises AdverseEventNotFound, too."""
    session.only_while("Amending an adverse event", SEEN)
    _fits(account, catalogue)
    return AdverseEventNoted(event_of(session, event_id).amended(account))


def report(session: Session, event_id: str, report: Report) -> AdverseEventNoted:
    """It was reported to those it has to be reported to; of a visit that is void, too: staff are
    called until then. Raises NotSerious."""
    session.only_while("Reporting an adverse event", (*SEEN, Status.VOIDED))
    event = event_of(session, event_id)
    if event.serious_since is None:
        raise NotSerious
    return AdverseEventNoted(event.reported(report))


def event_of(session: Session, event_id: str) -> AdverseEvent:
    for event in session.adverse_events:
        if event.id == event_id:
            return event
    raise AdverseEventNotFound


def _fits(account: Account, catalogue: Mapping[str, str]) -> None:
    if account.term not in catalogue:
        raise NoSuchTerm(sorted(catalogue))
    if account.onset_at > account.at:
        raise TimeOutOfOrder("onset_at", "is not in the future")
    if account.ended_at is not None and not account.onset_at <= account.ended_at <= account.at:
        raise TimeOutOfOrder("ended_at", "is between the onset and now")
    is_grave = account.grade_clinical >= LIFE_THREATENING
    is_death = account.grade_clinical == DEATH
    if (is_grave and not account.is_serious) or (is_death and "death" not in account.seriousness):
        raise SeriousnessMissing
