"""The day, from the arrival to the signed note: one file for each part of it."""

from clinic_sessions.handlers.bedside.dosing import Dosing
from clinic_sessions.handlers.bedside.leaving import Leaving
from clinic_sessions.handlers.bedside.noting import Noting
from clinic_sessions.handlers.bedside.readiness import Readiness
from clinic_sessions.handlers.bedside.reporting import Reporting


class Bedside(Dosing, Leaving, Reporting, Noting, Readiness):
    """All of it in one hand."""
