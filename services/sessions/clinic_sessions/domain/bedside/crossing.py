"""Which limits a reading passes, and what it takes for that to count. Pure.

A reading leaves marks. A limit that counts at once needs one; any other needs a second mark near
enough in time: of the same limit, two to five minutes apart, or of a symptom that goes with it. So
it does not matter in which order readings arrive.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from clinic_platform.decisions import Facts
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.limits import NUMBERS, SETS, Limit

CHECK: Final = "check"


@dataclass(frozen=True, slots=True)
class Baseline:
    """A parameter as it was before dosing. `source`: the reading, or `check` at the bedside."""

    value: float
    at: datetime
    source: str


Baselines: TypeAlias = Mapping[str, Baseline]


@dataclass(frozen=True, slots=True)
class Mark:
    """Left by a reading: that it passed the limit, or holds a symptom that goes with it. `codes`:
    the symptoms by which a limit of symptoms was passed."""

    limit: Limit
    is_symptom: bool = False
    codes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.limit.id}+" if self.is_symptom else self.limit.id


@dataclass(frozen=True, slots=True)
class Partner:
    """What a mark waits for: another of this key, so far from it in time, before or after."""

    key: str
    least: timedelta
    most: timedelta


def last_set(readings: Iterable[Reading], *, before: datetime) -> dict[str, Baseline]:
    """Of each parameter the last that was measured before dosing, by a clock that is right: the one
    with which the gates were passed, and not the one that may have kept them shut."""
    baseline: dict[str, Baseline] = {}
    for reading in sorted(readings, key=lambda one: one.counts_at):
        if reading.is_trusted and reading.counts_at < before:
            for name in NUMBERS:
                value = getattr(reading, name)
                if value is not None:
                    baseline[name] = Baseline(float(value), reading.counts_at, reading.id)
    return baseline


def baseline_of(
    checked: Facts, readings: Iterable[Reading], *, before: datetime
) -> Mapping[str, Baseline]:
    """Of each parameter what was known last: read, or checked at the bedside."""
    checks = {
        name: Baseline(float(known.value), known.known_at, CHECK)
        for name, known in checked.items()
        if name in NUMBERS and isinstance(known.value, int | float) and known.known_at is not None
    }
    read = last_set(readings, before=before)
    known = {**checks, **read}
    return {
        name: max(one, checks.get(name, one), key=lambda b: b.at) for name, one in known.items()
    }


def marks_of(reading: Reading, limits: Iterable[Limit], baseline: Baselines) -> list[Mark]:
    return [mark for limit in limits for mark in _marks(reading, limit, baseline)]


def codes_of(reading: Reading, limit: Limit) -> tuple[str, ...]:
    """The symptoms by which it passes a limit of symptoms; none for any other limit."""
    if limit.parameter not in SETS:
        return ()
    return tuple(sorted({*(reading.symptoms or ())} & {*limit.one_of}))


def partner_of(mark: Mark, confirm_within: tuple[timedelta, timedelta]) -> Partner | None:
    """None when the mark counts by itself."""
    least, most = confirm_within
    if mark.limit.with_any:
        other = Mark(mark.limit, is_symptom=not mark.is_symptom)
        return Partner(other.key, timedelta(), most)
    return None if mark.limit.at_once else Partner(mark.key, least, most)


def windows(at: datetime, partner: Partner) -> tuple[tuple[datetime, datetime], ...]:
    """Where the partner of a mark may be: before it, and after it, ends included."""
    before = (at - partner.most, at - partner.least)
    return (before, (at + partner.least, at + partner.most))


def unknown_limits(limits: Iterable[Limit], baseline: Baselines) -> list[Limit]:
    """Those that cannot be judged, since what they are measured against is not known."""
    return [one for one in limits if one.is_relative and one.parameter not in baseline]


def passed(
    readings: Sequence[Reading],
    limits: Sequence[Limit],
    baseline: Baselines,
    confirm_within: tuple[timedelta, timedelta],
) -> set[str]:
    """The limits that count, from all readings together: what any order of arrival leads to."""
    left = [(one.counts_at, mark) for one in readings for mark in marks_of(one, limits, baseline)]
    return {mark.limit.id for at, mark in left if _counts(at, mark, left, confirm_within)}


def _counts(
    at: datetime,
    mark: Mark,
    left: Sequence[tuple[datetime, Mark]],
    confirm_within: tuple[timedelta, timedelta],
) -> bool:
    partner = partner_of(mark, confirm_within)
    return partner is None or any(
        other.key == partner.key and partner.least <= abs(then - at) <= partner.most
        for then, other in left
    )


def _marks(reading: Reading, limit: Limit, baseline: Baselines) -> Iterator[Mark]:
    value = getattr(reading, limit.parameter)
    if value is not None and _is_passed(limit, value, baseline):
        yield Mark(limit, codes=codes_of(reading, limit))
    if limit.with_any and {*limit.with_any} & {*(reading.symptoms or ())}:
        yield Mark(limit, is_symptom=True)


def _is_passed(limit: Limit, value: object, baseline: Baselines) -> bool:
    if isinstance(value, str):
        return value in limit.one_of
    if isinstance(value, tuple):
        return bool({*value} & {*limit.one_of})
    assert isinstance(value, int | float), "A reading holds numbers and codes."
    if limit.at_least is not None:
        return value >= limit.at_least
    if limit.at_most is not None:
        return value <= limit.at_most
    known = baseline.get(limit.parameter)
    return known is not None and _has_moved(limit, value, known.value)


def _has_moved(limit: Limit, value: float, before: float) -> bool:
    change = limit.against_baseline
    if change is None:
        assert limit.against_baseline_percent is not None, "A limit has one bound."
        change = before * limit.against_baseline_percent / 100
    return value - before <= change if change < 0 else value - before >= change
