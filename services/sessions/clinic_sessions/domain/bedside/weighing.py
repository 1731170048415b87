"""The weight that a dose follows: of today, held against that of the last dose or what is usual.

A digit that is missed or a scale in pounds makes a dose that is right by every bound and wrong for
the patient. Software cannot know which of two weights is wrong: somebody measures again. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.rules import WeightLimits
from clinic_sessions.domain.errors import WeightImplausible, WeightUnknown, WeightUnusual
from clinic_sessions.domain.session import Session

WEIGHT: Final = "weight_kg"
AGAIN: Final = "weight_measured_again"
GRAMS: Final = 3  # decimals of a kilogram: floats are not exact beyond


def weight_of_today(
    session: Session, last: Session | None, *, limits: WeightLimits, now: datetime
) -> float:
    """In kg, measured after the arrival to this session. `last`: the session of the dose before.

    Raises WeightUnknown; WeightImplausible, or WeightUnusual where no dose of late has one to hold
    it against, until somebody has noted, with or after that weight, that they measured it again.
    """
    weight = session.facts.get(WEIGHT)
    if weight is None or not isinstance(weight.value, int | float):
        raise WeightUnknown
    kg = float(weight.value)
    if _is_measured_again(session.facts, weight):
        return kg
    if last is None or last.order is None or now - last.order.ordered_at > limits.within:
        if not limits.usual_least <= kg <= limits.usual_most:
            raise WeightUnusual(limits.usual_least, limits.usual_most, limits.within.days)
    elif _differs(kg, last.order.weight_kg, limits):
        raise WeightImplausible(limits.percent, limits.kg, limits.within.days)
    return kg


def _differs(kg: float, before: float, limits: WeightLimits) -> bool:
    change = round(abs(kg - before), GRAMS)
    return change > limits.kg or change > round(before * limits.percent / 100, GRAMS)


def _is_measured_again(facts: Mapping[str, Known], weight: Known) -> bool:
    again = facts.get(AGAIN)
    if again is None or again.known_at is None or weight.known_at is None:
        return False
    return again.value is True and again.known_at >= weight.known_at
