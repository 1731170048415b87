"""What was noted at the bedside, as numbers."""

from typing import Final

from clinic_platform.decisions import Facts

DISSOCIATION: Final = "dissociation"


def number_in(facts: Facts, name: str) -> float | None:
    """None for what is not known, and for what is no number."""
    value = facts[name].value if name in facts else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
