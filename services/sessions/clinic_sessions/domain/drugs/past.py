"""A vial as it was at a time. Pure.

A ledger is written as things are done: what was true then and what was known then are the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from clinic_sessions.domain.drugs.vial import Fact, Vial


@dataclass(frozen=True, slots=True)
class Recorded:
    """`at` is when it was recorded."""

    at: datetime
    fact: Fact


def vial_then(vial: Vial, history: Iterable[Recorded], at: datetime) -> Vial | None:
    """None before it came. `history` is all of it, in order."""
    facts = [one.fact for one in history if one.at <= at]
    if not facts:
        return None
    unreceived = Vial(
        id=vial.id,
        location_id=vial.location_id,
        product=vial.product,
        received_at=vial.received_at,
    )
    return reduce(Vial.after, facts, unreceived)
