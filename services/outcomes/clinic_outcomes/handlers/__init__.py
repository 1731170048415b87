"""Everything the outcomes service does, one method per thing, in four groups."""

from dataclasses import dataclass

from clinic_outcomes.handlers.erasing import Erasing
from clinic_outcomes.handlers.planning import Planning
from clinic_outcomes.handlers.risk import Risk
from clinic_outcomes.handlers.surveys import Receipt, Sitting, Surveys

__all__ = ["Erasing", "Handlers", "Planning", "Receipt", "Risk", "Sitting", "Surveys"]


@dataclass(frozen=True, slots=True)
class Handlers:
    """`planning` follows treatment, `surveys` asks and scores, `risk` looks after patients in
    danger, `erasing` ends what is asked of a patient who is erased."""

    planning: Planning
    surveys: Surveys
    risk: Risk
    erasing: Erasing
