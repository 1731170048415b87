"""From when on a plan may have another infusion, after a visit that was broken off. Pure.

The drug had begun to go in: no infusion of the plan is done by it, and the next one keeps the same
distance from it as from one that was.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime

from clinic_sessions.domain.protocols.protocol import Spacing


def rested_at(
    broken_off: Iterable[datetime], others: Iterable[datetime], spacing: Spacing
) -> datetime | None:
    """`broken_off` and `others`: the starts of the plan's visits that ended although they were
    dosed, and of those that count. None where nothing was broken off.

    Its distance is that of the infusion which follows: the one it should have been.
    """
    row = sorted(others)
    ends = (at + spacing.step_to(bisect_left(row, at) + 1).least for at in broken_off)
    return max(ends, default=None)
