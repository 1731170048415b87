"""Calling a person of the place: what software does where it may not act itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

# A promise needs an end; what a law or a programme wants is called for until it is done.
CALLED_FOR: Final = timedelta(days=3650)

Urgency: TypeAlias = Literal["notice", "caution", "pause", "stop"]
# Each has its runbook in `docs/runbooks`: whoever is called finds there what to do.
CallReason: TypeAlias = Literal[
    "reading_overdue",
    "alarm_not_acknowledged",
    "alarm_lasts",
    "visit_overruns",
    "report_serious_event",
    "drug_discrepancy",
    "drug_incident_open",
    "loss_report_overdue",
    "report_overdue",
    "day_not_closed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`id` is derived from its occasion, so that an occasion calls once. `about_id` is what to look
    at. A call that is about no patient has neither session nor patient. `role`: as whom somebody is
    called, by the rota; None for whoever is on call. `count`: how many readings are overdue; 1 in a
    call about anything else."""

    id: str
    location_id: str
    reason: CallReason
    about_id: str
    level: Urgency
    called_at: datetime
    session_id: str | None = None
    patient_id: str | None = None
    role: str | None = None
    count: int = 1
