"""The end of a person's record: who wants it and why, what stands in its way, what is left.

Who somebody was goes, and their own words. What a clinician must be able to answer for stays, under
the id alone: which of it, and why, is in decision 0033.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from clinic_intake.domain.contact import Contact
from clinic_intake.domain.errors import CareUnderWay, EpisodeOpen

PATIENT_ERASED: Final = "patient_erased"
NOBODY: Final = Contact(name="", email="", phone="", language="", zone="UTC")


# Closed lists: words would name somebody.
Reason: TypeAlias = Literal[
    "patient_wish", "retention_over", "entered_in_error", "order_of_authority"
]
Requester: TypeAlias = Literal["patient", "representative", "clinic", "authority"]
# Why a record may not be erased for now.
Basis: TypeAlias = Literal["litigation", "complaint", "authority_inquiry", "incident_review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`end_episode`: somebody has seen what is still planned, and wants it to end, too."""

    reason: Reason
    requested_by: Requester
    end_episode: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    at: datetime
    by: str
    reason: Reason
    requested_by: Requester


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Until it is lifted nothing of the record is erased, whoever asks."""

    basis: Basis
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldLifted:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What is open about a patient, by ids: of intake itself, and as received from others."""

    risk_alerts: Sequence[str] = ()
    live_sessions: Sequence[str] = ()
    booked_sessions: Sequence[str] = ()
    consultations: Sequence[str] = ()
    clearances: Sequence[str] = ()

    def only_what_may_end(self, wish: Wish) -> None:
        """Raises CareUnderWay for what no wish ends; EpisodeOpen for what nobody has agreed to."""
        if under_way := [*_named(risk_alert=self.risk_alerts, live_session=self.live_sessions)]:
            raise CareUnderWay(under_way)
        planned = _named(
            booked_session=self.booked_sessions,
            consultation=self.consultations,
            clearance=self.clearances,
        )
        if not wish.end_episode and (still_open := [*planned]):
            raise EpisodeOpen(still_open)


def _named(**ids_by_kind: Sequence[str]) -> Iterator[Mapping[str, str]]:
    for kind, ids in ids_by_kind.items():
        yield from ({"kind": kind, "id": one} for one in ids)
