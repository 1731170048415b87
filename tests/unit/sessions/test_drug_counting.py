"""Counts of a vial: by two, at the start of a shift and at its end."""

from datetime import timedelta

import pytest

from clinic_sessions.domain.drugs.counting import Count, Shift, is_proven, shift_is_open, with_count
from tests.support.sessions import NOON
from tests.support.sessions_drugs import (
    ADA,
    BEN,
    CYD,
    RULES,
)


def a_count(
    by: str,
    *,
    minutes: int = 0,
    found: int = 500_000,
    tolerance: int = 0,
    shift: Shift = "end",
) -> Count:
    return Count(
        shift=shift,
        found=found,
        expected=500_000,
        tolerance=tolerance,
        at=NOON + timedelta(minutes=minutes),
        by=by,
    )


def test_two_different_people_prove_a_count() -> None:
    assert not is_proven([a_count(ADA), a_count(ADA, minutes=5)], "end", since=NOON)
    assert is_proven([a_count(ADA), a_count(BEN)], "end", since=NOON)
    assert not is_proven([a_count(ADA), a_count(BEN, minutes=-1)], "end", since=NOON)
    assert not is_proven([a_count(ADA), a_count(BEN, found=499_999)], "end", since=NOON)


def test_a_count_at_one_end_of_a_shift_proves_nothing_of_the_other() -> None:
    counts = [a_count(ADA), a_count(BEN, shift="start")]
    assert not is_proven(counts, "end", since=NOON)
    assert is_proven([*counts, a_count(BEN)], "end", since=NOON)


@pytest.mark.parametrize(
    ("counts", "is_open"),
    [
        ((), False),
        ((("start", ADA, 0),), False),
        ((("start", ADA, 0), ("start", BEN, 1)), True),
        ((("start", ADA, -9), ("start", BEN, 1)), False),
        ((("end", ADA, 0), ("end", BEN, 1)), False),
        # Two have counted at its end: it is over, until two count at the start of the next.
        ((("start", ADA, 0), ("start", BEN, 0), ("end", ADA, 8), ("end", BEN, 9)), False),
        ((("start", BEN, 0), ("end", ADA, 8), ("end", BEN, 9), ("start", ADA, 10)), False),
        ((("end", ADA, 8), ("end", BEN, 9), ("start", ADA, 10), ("start", CYD, 11)), True),
        # One alone ends nothing.
        ((("start", ADA, 0), ("start", BEN, 0), ("end", ADA, 8)), True),
        ((("end", ADA, -99), ("end", BEN, -98), ("start", ADA, 0), ("start", BEN, 0)), True),
    ],
)
def test_a_shift_is_open_from_two_counts_at_its_start_until_two_at_its_end(
    counts: tuple[tuple[Shift, str, int], ...], is_open: bool
) -> None:
    made = [a_count(by, minutes=minutes, shift=shift) for shift, by, minutes in counts]
    assert shift_is_open(made, since=NOON) is is_open


def test_at_the_end_of_a_shift_its_start_is_still_known() -> None:
    counts = with_count((a_count(ADA, shift="start"),), a_count(ADA, minutes=9))
    assert [(count.shift, count.by) for count in counts] == [("start", ADA), ("end", ADA)]


def test_of_each_person_the_last_count_stands() -> None:
    counts = with_count((a_count(ADA), a_count(BEN)), a_count(ADA, minutes=9, found=1))
    assert [(count.by, count.found) for count in counts] == [(BEN, 500_000), (ADA, 1)]


def test_a_single_dose_vial_may_lose_nothing_and_a_multi_dose_one_two_percent() -> None:
    assert RULES.tolerance(500_000, is_multi_dose=False) == 0
    assert RULES.tolerance(500_000, is_multi_dose=True) == 10_000
    assert a_count(ADA, found=490_000, tolerance=10_000).agrees
    assert not a_count(ADA, found=489_999, tolerance=10_000).agrees
    assert not a_count(ADA, found=510_001, tolerance=10_000).agrees
