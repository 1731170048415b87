"""A visit that ends early gives back what is still to come of it."""

from datetime import timedelta

import pytest

from clinic_sessions.domain.booking.visit import PATIENT, PERSON, PLACE, Reservation, Visit
from tests.support.sessions import TOMORROW

MINUTE = timedelta(minutes=1)


def taken(kind: str, name: str, start: int, end: int, *, after: int = 0) -> Reservation:
    starts_at, ends_at = TOMORROW + start * MINUTE, TOMORROW + end * MINUTE
    return Reservation(
        kind=kind,
        what=kind,
        phases=("dosing",),
        resource=name,
        starts_at=starts_at,
        ends_at=ends_at,
        taken_from=starts_at,
        taken_until=ends_at + after * MINUTE,
    )


VISIT = Visit(
    starts_at=TOMORROW,
    ends_at=TOMORROW + 120 * MINUTE,
    reservations=(
        taken(PLACE, "chair_1", 0, 120, after=10),
        taken(PERSON, "nurse_ada", 0, 60),
        taken(PERSON, "nurse_ben", 60, 120),
        taken(PATIENT, "pat_1", 0, 120),
    ),
)


def left_at(minutes: float) -> dict[str, float]:
    """Until how many minutes after its start each is taken."""
    left = VISIT.left_at(TOMORROW + minutes * MINUTE)
    return {one.resource: (one.taken_until - TOMORROW) / MINUTE for one in left}


@pytest.mark.parametrize(
    ("minutes", "until"),
    [
        (0, {}),
        (27, {"chair_1": 40, "nurse_ada": 30, "pat_1": 30}),
        (60, {"chair_1": 70, "nurse_ada": 60, "pat_1": 60}),
        (61, {"chair_1": 75, "nurse_ada": 60, "nurse_ben": 65, "pat_1": 65}),
        (180, {"chair_1": 130, "nurse_ada": 60, "nurse_ben": 120, "pat_1": 120}),
    ],
    ids=["at once", "in the first phase", "between two", "in the second phase", "late"],
)
def test_what_has_not_begun_is_free_and_a_room_is_still_cleared(
    minutes: float, until: dict[str, float]
) -> None:
    assert left_at(minutes) == until
