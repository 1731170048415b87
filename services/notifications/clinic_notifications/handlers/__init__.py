"""Everything the notifications service does, one method per thing, in five groups."""

from dataclasses import dataclass

from clinic_notifications.handlers.choosing import Choosing, known_to
from clinic_notifications.handlers.erasing import Erasing
from clinic_notifications.handlers.learning import Learning
from clinic_notifications.handlers.planning import ALERT, LETTER, Planning
from clinic_notifications.handlers.writing import Links, Writing

__all__ = [
    "ALERT",
    "LETTER",
    "Choosing",
    "Erasing",
    "Handlers",
    "Learning",
    "Links",
    "Planning",
    "Writing",
    "known_to",
]


@dataclass(frozen=True, slots=True)
class Handlers:
    """`learning` keeps what is received, `planning` promises letters, `writing` keeps the promises,
    `choosing` is what patients and staff decide, `erasing` forgets an erased patient for good."""

    learning: Learning
    planning: Planning
    writing: Writing
    choosing: Choosing
    erasing: Erasing
