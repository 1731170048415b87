"""Which limits the readings of a past session would have passed under a draft. Pure.

Limits are named by what they are about and how bad that is ("pause of systolic_high"): a draft may
call its lines otherwise. A limit against a baseline that is not known is listed as such.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

from clinic_sessions.domain.bedside.crossing import Baselines, passed, unknown_limits
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.protocol import Monitoring, Protocol
from clinic_sessions.domain.session import Session

CrossingKind: TypeAlias = Literal[
    "limits_newly_passed", "limits_no_longer_passed", "limits_cannot_be_told"
]
NOTHING: Final = frozenset[str]()


def crossing_differences(
    draft: Protocol,
    held: Protocol,
    session: Session,
    readings: Sequence[Reading],
    baseline: Baselines,
) -> Iterator[tuple[CrossingKind, tuple[str, ...]]]:
    """From the start of dosing on, against the `baseline` of its watch. A reading that was
    corrected counts as it was corrected."""
    started = session.dosing_started_at
    if started is None or draft.monitoring == held.monitoring:
        return
    since = [one for one in _newest(readings) if one.counts_at >= started]
    before, after = (_passed(one.monitoring, since, baseline) for one in (held, draft))
    kinds: dict[CrossingKind, frozenset[str]] = {
        "limits_newly_passed": after - before,
        "limits_no_longer_passed": before - after,
        "limits_cannot_be_told": _unknown(draft, held, baseline) if since else NOTHING,
    }
    for kind, limits in kinds.items():
        if limits:
            yield kind, tuple(sorted(limits))


def _passed(
    monitoring: Monitoring, readings: Sequence[Reading], baseline: Baselines
) -> frozenset[str]:
    ids = passed(readings, monitoring.limits, baseline, monitoring.confirm_within)
    return frozenset(f"{one.level} of {one.concern}" for one in monitoring.limits if one.id in ids)


def _unknown(draft: Protocol, held: Protocol, baseline: Baselines) -> frozenset[str]:
    """Only what the draft asks anew: what was unknown then is no difference."""
    unknown = unknown_limits(draft.monitoring.limits, baseline)
    new = (one for one in unknown if one not in held.monitoring.limits)
    return frozenset(f"{one.level} of {one.concern}" for one in new)


def _newest(readings: Sequence[Reading]) -> list[Reading]:
    by_name: dict[tuple[str, int], Reading] = {}
    for one in sorted(readings, key=lambda one: one.version):
        by_name[one.device, one.sequence] = one
    return list(by_name.values())
