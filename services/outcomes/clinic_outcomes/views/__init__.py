"""Reads for screens, straight from MongoDB; never decides."""

from clinic_outcomes.views.screens import Views

__all__ = ["Views"]
