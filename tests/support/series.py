"""Spacings of series to try, with and without stages, in hours instead of days."""

from datetime import timedelta

from hypothesis import strategies as st

from clinic_sessions.domain.protocols.protocol import Spacing, Stage

HOUR = timedelta(hours=1)


def staged_spacings(*, most_wider: int, within: int) -> st.SearchStrategy[Spacing]:
    """`most_wider`: how much more the most may be than the least; `within`: at most so many hours.

    Of up to three stages, each no nearer than the one before.
    """
    return st.builds(
        _spacing,
        st.integers(1, 4),
        st.integers(0, most_wider),
        st.integers(1, within),
        st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 3)), max_size=2),
    )


def _spacing(least: int, wider: int, within: int, later: list[tuple[int, int, int]]) -> Spacing:
    """Each of `later`: after how many more infusions, how much more at least, and at most."""
    number, most, stages = 1, least + wider, []
    first = {"least": least * HOUR, "most": most * HOUR}
    for after, nearer, further in later:
        number, least = number + after, least + nearer
        most = max(most, least) + further
        stages.append(Stage(from_infusion=number, least=least * HOUR, most=most * HOUR))
    return Spacing(**first, within=within * HOUR, stages=tuple(stages))
