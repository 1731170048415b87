"""Everything the outcomes service does, one method per thing, in three groups."""

from dataclasses import dataclass

from clinic_outcomes.handlers.planning import Planning
from clinic_outcomes.handlers.risk import Risk
from clinic_outcomes.handlers.surveys import Receipt, Sitting, Surveys

__all__ = ["Handlers", "Planning", "Receipt", "Risk", "Sitting", "Surveys"]


@dataclass(frozen=True, slots=True)
class Handlers:
    """`planning` hears of treatment, `surveys` asks and scores, `risk` sees to who is in danger."""

    planning: Planning
    surveys: Surveys
    risk: Risk
