"""Who and what serves a visit: a choice for each ask, the same every time, if there is one at all.

Two asks that overlap need two different people (or pumps). Asks that do not overlap have nothing to
do with one another, so the search goes group by group, and a group is a handful. Among equals the
order is: who is wished, who serves this visit already, the location's own order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from clinic_sessions.domain.booking.asks import Ask, wished_of

Choice: TypeAlias = dict[int, str]  # by the ask's place in the list


def assign(
    asks: Sequence[Ask],
    free: Sequence[Sequence[str]],
    *,
    wished: Mapping[str, frozenset[str]] | None = None,
    groups: Sequence[Sequence[int]] | None = None,
) -> Choice | None:
    """A name for each ask, out of those `free` for it; None when there is no such choice.

    Everybody `wished` (by kind) serves at least one ask that the wish is about. `groups`: as
    `groups_of` returns them.
    """
    if not all(free):
        return None
    groups = groups_of(asks) if groups is None else groups
    wishes = [(kind, name) for kind, names in (wished or {}).items() for name in sorted(names)]
    for fixed in _with_wishes(asks, free, wishes, {}):
        choice = _completed(asks, free, groups, fixed)
        if choice is not None:
            return choice
    return None


def groups_of(asks: Sequence[Ask]) -> list[list[int]]:
    """Asks that hang together by overlapping, in their order."""
    groups: list[list[int]] = []
    for number, ask in enumerate(asks):
        mine = [group for group in groups if any(asks[n].overlaps(ask) for n in group)]
        rest = [group for group in groups if group not in mine]
        groups = [*rest, sorted([number, *(n for group in mine for n in group)])]
    return sorted(groups)


def _with_wishes(
    asks: Sequence[Ask],
    free: Sequence[Sequence[str]],
    wishes: Sequence[tuple[str, str]],
    chosen: Choice,
) -> Iterator[Choice]:
    """Each way of giving every wish one of the asks that it is about."""
    if not wishes:
        yield chosen
        return
    (kind, name), others = wishes[0], wishes[1:]
    for number in wished_of(asks, kind, name):
        is_open = number not in chosen and name in free[number]
        if is_open and _is_apart(asks, chosen, number, name):
            yield from _with_wishes(asks, free, others, {**chosen, number: name})


def _completed(
    asks: Sequence[Ask],
    free: Sequence[Sequence[str]],
    groups: Sequence[Sequence[int]],
    fixed: Choice,
) -> Choice | None:
    chosen = dict(fixed)
    for group in groups:
        found = _grouped(asks, free, [n for n in group if n not in chosen], chosen)
        if found is None:
            return None
        chosen = found
    return chosen


def _grouped(
    asks: Sequence[Ask], free: Sequence[Sequence[str]], open_asks: Sequence[int], chosen: Choice
) -> Choice | None:
    if not open_asks:
        return chosen
    number, others = open_asks[0], open_asks[1:]
    kind = asks[number].kind
    here = {name for n, name in chosen.items() if asks[n].kind == kind}
    names = free[number]
    if not here.isdisjoint(names):
        names = sorted(names, key=lambda name: name not in here)  # a stable sort
    for name in names:
        if _is_apart(asks, chosen, number, name):
            found = _grouped(asks, free, others, {**chosen, number: name})
            if found is not None:
                return found
    return None


def _is_apart(asks: Sequence[Ask], chosen: Choice, number: int, name: str) -> bool:
    """Whether nothing that overlaps has that name already."""
    for n, other in chosen.items():
        if name == other and asks[n].overlaps(asks[number]):
            return False
    return True
