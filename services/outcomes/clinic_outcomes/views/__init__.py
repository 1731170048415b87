"""Reads for screens, straight from MongoDB, and the page patients answer on; never decides."""

from clinic_outcomes.views.page import SurveyPage
from clinic_outcomes.views.screens import Views

__all__ = ["SurveyPage", "Views"]
