"""Controlled drugs, from the supplier to the closed day: one file for each part of it."""

from clinic_sessions.handlers.drugs.days import ClosingDays
from clinic_sessions.handlers.drugs.dispensing import Dispensing
from clinic_sessions.handlers.drugs.forms import MonitoringForms
from clinic_sessions.handlers.drugs.gates import DrugGates
from clinic_sessions.handlers.drugs.preparing import PreparingDoses
from clinic_sessions.handlers.drugs.vials import KeepingVials

__all__ = ["DrugGates", "Drugs", "MonitoringForms", "PreparingDoses"]


class Drugs(KeepingVials, Dispensing, ClosingDays, DrugGates, MonitoringForms):
    """All of it in one hand."""
