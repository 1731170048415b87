"""Everything the outcomes service does, one method per thing, in four groups."""

from dataclasses import dataclass

from clinic_outcomes.handlers.erasing import Erasing
from clinic_outcomes.handlers.planning import Planning
from clinic_outcomes.handlers.risk import Risk
from clinic_outcomes.handlers.surveys import Receipt, Sitting, Surveys

__all__ = ["Erasing", "Handlers", "Planning", "Receipt", "Risk", "Sitting", "Surveys"]


@dataclass(frozen=True, slots=True)
class Handlers:
    """`planning` hears of treatment, `surveys` asks and scores, `risk` sees to who is in danger,
    `erasing` to who is not to be asked any more."""

    planning: Planning
    surveys: Surveys
    risk: Risk
    erasing: Erasing
