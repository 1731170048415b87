"""A repair against what is simplest and surely right: trying every start for every visit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.booking.repair import Cost, Remaining, best_repair
from clinic_sessions.domain.protocols.protocol import Spacing
from tests.support.series import staged_spacings
from tests.support.sessions import TOMORROW

HOUR = timedelta(hours=1)
NONE = timedelta()


def at(hours: int) -> datetime:
    return TOMORROW + hours * HOUR


def cost_of(
    visits: Sequence[Remaining],
    starts: Sequence[datetime | None],
    before: Sequence[datetime],
    spacing: Spacing,
) -> Cost | None:
    """None for starts that are out of order or too close."""
    pairs = [(visit, start) for visit, start in zip(visits, starts, strict=True) if start]
    row = [*before, *(start for _, start in pairs)]
    numbered = [(len(before) + n, start) for n, start in enumerate(starts, start=1) if start]
    # Each leads to the number after its own, whichever visit that then is.
    behind = pairwise([*((len(before), one) for one in before[-1:]), *numbered])
    steps = [(then - last, spacing.step_to(n + 1)) for (n, last), (_, then) in behind]
    if any(apart < step.least for apart, step in steps):
        return None
    moves = [
        abs(start - visit.starts_at)
        for visit, start in pairs
        if not (visit.may_stay and start == visit.starts_at)
    ]
    return Cost(
        lost=len(visits) - len(pairs),
        outside=sum(start - row[0] > spacing.within for _, start in pairs),
        beyond=sum((max(NONE, apart - step.most) for apart, step in steps), NONE),
        moved=len(moves),
        distance=sum(moves, NONE),
    )


def choices(visit: Remaining, free: Sequence[datetime]) -> list[datetime | None]:
    return [None, *free, *([visit.starts_at] if visit.may_stay else [])]


def everything_tried(
    visits: Sequence[Remaining],
    free: Sequence[datetime],
    before: Sequence[datetime],
    spacing: Spacing,
) -> Cost:
    ways = product(*(choices(visit, free) for visit in visits))
    costs = (cost_of(visits, starts, before, spacing) for starts in ways)
    return min(cost for cost in costs if cost is not None)


spacings = staged_spacings(most_wider=4, within=14)
remaining = st.lists(
    st.tuples(st.integers(0, 18), st.booleans()), max_size=4, unique_by=lambda one: one[0]
).map(
    lambda drawn: [
        Remaining(f"ses_{n}", at(hour), stays) for n, (hour, stays) in enumerate(sorted(drawn))
    ]
)
free_starts = st.lists(st.integers(0, 18).map(at), unique=True, max_size=6)
begun = st.lists(st.integers(-9, -1).map(at), unique=True, max_size=2).map(sorted)


@settings(max_examples=400)
@given(remaining, free_starts, begun, spacings)
def test_a_repair_costs_what_the_cheapest_of_all_costs_and_is_never_too_close(
    visits: list[Remaining],
    free: list[datetime],
    before: list[datetime],
    spacing: Spacing,
) -> None:
    found = best_repair(visits, free, before, spacing)
    starts = [found.starts[visit.id] for visit in visits]
    assert all(s in choices(visit, free) for visit, s in zip(visits, starts, strict=True))
    assert found.cost == cost_of(visits, starts, before, spacing)
    assert found.cost == everything_tried(visits, free, before, spacing)
    row = [*before[-1:], *(start for start in starts if start)]
    first = len(before) + (0 if before else 1)
    for number, (last, then) in enumerate(pairwise(row), start=first + 1):
        assert then - last >= spacing.step_to(number).least, "By whatever number it has then."


PACE = Spacing(least=2 * HOUR, most=5 * HOUR, within=12 * HOUR)


def test_what_may_stay_stays_and_only_what_cannot_is_moved_as_near_as_can_be() -> None:
    visits = [
        Remaining("ses_1", at(0), may_stay=True),
        Remaining("ses_2", at(4), may_stay=False),
        Remaining("ses_3", at(8), may_stay=True),
    ]
    found = best_repair(visits, [at(1), at(2), at(5), at(7)], [], PACE)
    assert found.starts == {"ses_1": at(0), "ses_2": at(5), "ses_3": at(8)}
    assert found.cost == Cost(moved=1, distance=HOUR)


def test_a_visit_after_a_hole_is_moved_nearer_rather_than_left_too_far_away() -> None:
    visits = [Remaining("ses_3", at(8), may_stay=True), Remaining("ses_4", at(11), may_stay=True)]
    found = best_repair(visits, [at(5), at(6)], [at(0)], PACE)
    assert found.starts == {"ses_3": at(6), "ses_4": at(11)}
    assert found.cost == Cost(beyond=HOUR, moved=1, distance=2 * HOUR)
    nearer = best_repair(visits, [at(5), at(9)], [at(0)], PACE)
    assert nearer.starts == {"ses_3": at(5), "ses_4": at(9)}
    assert nearer.cost.beyond == NONE


def test_the_cost_of_a_repair_is_time_beyond_outside_and_lost() -> None:
    away = [Remaining("ses_2", at(4), may_stay=False), Remaining("ses_3", at(8), may_stay=False)]
    late = best_repair(away, [at(7), at(13)], [at(0)], PACE)
    assert late.starts == {"ses_2": at(7), "ses_3": at(13)}
    assert (late.cost.lost, late.cost.outside, late.cost.beyond) == (0, 1, 3 * HOUR)
    lost = best_repair(away, [at(4)], [at(0)], PACE)
    assert lost.starts == {"ses_2": at(4), "ses_3": None}
    assert lost.cost.lost == 1
