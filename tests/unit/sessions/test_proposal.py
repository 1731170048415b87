"""What is proposed for a plan's visits when the place or the patient is not there any more."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_sessions.domain.booking.days import Busy
from clinic_sessions.domain.booking.preferences import DAY_PARTS, Preference
from clinic_sessions.domain.booking.proposal import IS_AWAY, Proposal, RepairWanted, propose
from clinic_sessions.domain.booking.visit import PLACE, Visit
from clinic_sessions.domain.errors import NotBookable
from clinic_sessions.domain.facts import Booked
from clinic_sessions.domain.places.hours import Closure
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from tests.support.sessions import (
    NOON,
    TOMORROW,
    a_location,
    a_plan,
    a_protocol,
    a_timetable,
    a_visit,
)

DAY = timedelta(days=1)
SPACING = a_protocol().spacing
LEAST = SPACING.least


def sessions_at(*starts: datetime) -> list[Session]:
    return [
        Session(
            id=f"ses_{number}",
            patient_id="pat_1",
            location_id="loc_sample",
            plan_id="pln_1",
            infusion_number=number,
        ).after(Booked(a_visit(start)))
        for number, start in enumerate(starts, start=1)
    ]


def closing(*of: str, on: date = date(2030, 1, 10)) -> Location:
    location = a_location()
    closure = Closure(id="c", first=on, last=on, reason="water", of=of)
    return replace(location, details=replace(location.details, closures=(closure,)))


def proposed(
    sessions: list[Session],
    *busy: Busy,
    location: Location | None = None,
    wanted: RepairWanted | None = None,
    before: tuple[datetime, ...] = (),
    held: tuple[datetime, ...] = (),
    broken_off: tuple[datetime, ...] = (),
    days: int = 28,
    now: datetime = NOON,
) -> Proposal:
    until = TOMORROW + days * DAY
    timetable = a_timetable(NOON, until, *busy, location=location)
    return propose(
        timetable,
        sessions,
        before,
        wanted or RepairWanted(),
        allows=lambda at: is_allowed(at, before, held, broken_off),
        broken_off=broken_off,
        until=until,
        now=now,
    )


def is_allowed(
    at: datetime,
    others: tuple[datetime, ...],
    held: tuple[datetime, ...],
    broken_off: tuple[datetime, ...],
) -> bool:
    """By the rule of a booking."""
    plan = replace(a_plan(), infusions=6)
    try:
        plan.next_infusion(at, others, spacing=SPACING, held=held, broken_off=broken_off)
    except NotBookable:
        return False
    return True


def fates(proposal: Proposal) -> list[tuple[str, str | None]]:
    calendar = a_location().calendar
    return [
        (
            one.kind,
            None if one.after is None else f"{calendar.local(one.after.starts_at):%a %d %H:%M}",
        )
        for one in proposal.fates
    ]


THREE = (TOMORROW, TOMORROW + 2 * DAY, TOMORROW + 4 * DAY)


def test_where_nothing_is_in_the_way_everything_stays_at_however_short_notice() -> None:
    proposal = proposed(sessions_at(*THREE), now=TOMORROW - timedelta(minutes=1))
    assert [kind for kind, _ in fates(proposal)] == ["stays"] * 3
    assert proposal.moves == []


def test_a_visit_on_a_day_that_is_closed_is_moved_and_the_others_only_as_the_spacing_needs() -> (
    None
):
    proposal = proposed(sessions_at(*THREE[1:]), location=closing(), before=(TOMORROW,))
    assert fates(proposal) == [("moves", "Fri 11 08:00"), ("moves", "Mon 14 08:00")]
    closed, behind = proposal.fates
    assert closed.why == "Closed from 10 January 2030: water."
    assert behind.why == "It is moved for the spacing of the series."
    assert (proposal.cost.lost, proposal.cost.beyond) == (0, timedelta())


def test_whoever_loses_a_chair_keeps_the_time_where_another_chair_is_free() -> None:
    proposal = proposed(sessions_at(*THREE), location=closing("chair_1"))
    _, second, _ = proposal.fates
    assert (second.kind, second.session.booked_visit.chair) == ("moves", "chair_1")
    assert isinstance(second.after, Visit)
    assert (second.after.starts_at, second.after.chair) == (THREE[1], "chair_2")
    assert [kind for kind, _ in fates(proposal)] == ["stays", "moves", "stays"]


def test_an_illness_and_a_wish_are_heeded_and_the_gap_is_shown_in_days() -> None:
    away = ((TOMORROW + DAY, TOMORROW + 8 * DAY),)
    wish = Preference(parts=(DAY_PARTS["morning"],))
    wanted = RepairWanted(away=away, preference=wish)
    proposal = proposed(sessions_at(THREE[1]), wanted=wanted, before=(TOMORROW,))
    assert fates(proposal) == [("moves", "Wed 16 09:00")]
    assert proposal.fates[0].why == IS_AWAY
    assert proposal.details("America/Chicago")["costs"] == {
        "lost": 0,
        "after_the_series_ends": 0,
        "gap_days": 1.0,
        "moved": 1,
    }


def test_those_that_move_later_go_from_the_last_so_that_no_seat_is_wanted_twice() -> None:
    away = ((TOMORROW - DAY, TOMORROW + DAY),)
    proposal = proposed(sessions_at(*THREE), wanted=RepairWanted(away=away))
    assert [kind for kind, _ in fates(proposal)] == ["moves"] * 3
    assert [session.id for session, _ in proposal.moves] == ["ses_3", "ses_2", "ses_1"]


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(8, 24), st.integers(0, 2))
def test_a_visit_moves_to_the_cheapest_start_that_is_far_enough_from_what_is_held(
    first: int, further: int, how_many: int
) -> None:
    """Against every start there is, by what it costs: the gap, and then the distance. The holds
    are some quarters of days later, and as far apart as holds are."""
    quarters = (first, first + further)[:how_many]
    held = tuple(TOMORROW + 3 * DAY + quarter * DAY / 4 for quarter in quarters)
    away = RepairWanted(away=((TOMORROW + DAY, TOMORROW + 3 * DAY),))
    [fate] = proposed(
        sessions_at(THREE[1]), wanted=away, before=(TOMORROW,), held=held, days=14
    ).fates
    offers = a_timetable(NOON, TOMORROW + 14 * DAY).starts(
        since=NOON, until=TOMORROW + 14 * DAY, now=NOON
    )
    left = [
        (max(offer.starts_at - TOMORROW - 7 * DAY, 0 * DAY), abs(offer.starts_at - THREE[1]))
        for offer in offers
        if offer.seating is not None
        and offer.starts_at >= THREE[0] + 3 * DAY
        and all(abs(offer.starts_at - at) >= LEAST for at in (TOMORROW, *held))
    ]
    if not left:
        assert fate.after is None
        return
    assert fate.after is not None
    start = fate.after.starts_at
    assert all(abs(start - at) >= LEAST for at in held)
    assert (max(start - TOMORROW - 7 * DAY, 0 * DAY), abs(start - THREE[1])) == min(left)


@pytest.mark.parametrize("before", [(), (TOMORROW - 5 * DAY,)], ids=["the first", "the second"])
def test_a_visit_too_soon_after_one_that_was_broken_off_is_moved_with_the_reason(
    before: tuple[datetime, ...],
) -> None:
    proposal = proposed(
        sessions_at(TOMORROW, TOMORROW + 3 * DAY),
        before=before,
        broken_off=(TOMORROW - DAY,),
        now=TOMORROW - DAY + timedelta(hours=2),
    )
    assert fates(proposal) == [("moves", "Wed 09 09:00"), ("stays", "Fri 11 09:00")]
    assert proposal.fates[0].why == "It is moved for the spacing of the series."


def test_a_visit_far_from_the_last_infusion_stays_where_a_dose_since_is_near_enough() -> None:
    far = sessions_at(TOMORROW + 4 * DAY)
    long_ago = (TOMORROW - 5 * DAY,)
    assert fates(proposed(far, before=long_ago)) == [("moves", "Thu 10 09:00")]
    dosed = (TOMORROW - 2 * DAY,)
    assert fates(proposed(far, before=long_ago, broken_off=dosed)) == [("stays", "Sat 12 09:00")]


def test_a_visit_for_which_there_is_no_start_is_lost() -> None:
    full = [Busy(PLACE, f"chair_{n}", NOON, TOMORROW + 60 * DAY, 1) for n in (1, 2)]
    proposal = proposed(sessions_at(*THREE), *full)
    assert [one.id for one in proposal.lost] == ["ses_1", "ses_2", "ses_3"]


def test_the_fingerprint_is_of_what_would_be_done_and_to_which_version() -> None:
    sessions = sessions_at(*THREE)
    same = proposed(sessions).fingerprint
    assert proposed(sessions_at(*THREE)).fingerprint == same
    assert proposed(sessions, location=closing()).fingerprint != same
    assert proposed([replace(sessions[0], revision=9), *sessions[1:]]).fingerprint != same
