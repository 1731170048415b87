"""Calling a person of the place: what software does where it may not act itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Urgency: TypeAlias = Literal["notice", "caution", "pause", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`id` is derived from its occasion, so that an occasion calls once. `about_id` is what to look
    at, `reason` a code. A call that is about no patient has neither session nor patient. `role`: as
    whom somebody is called, by the rota; None for whoever is on call."""

    id: str
    location_id: str
    reason: str
    about_id: str
    level: Urgency
    called_at: datetime
    session_id: str | None = None
    patient_id: str | None = None
    role: str | None = None
