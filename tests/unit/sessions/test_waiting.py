"""The wait-list, purely: who suits, in which order, and until when somebody can answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_platform.data import load
from clinic_sessions.domain.booking.preferences import DAY_PARTS, DayPart, Preference
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.errors import OfferHasEnded, WaitingHasEnded
from clinic_sessions.domain.places.hours import WEEKDAYS, Closure, Hours
from clinic_sessions.domain.places.location import Location, Quiet
from clinic_sessions.domain.waiting.answering import LOOK_AHEAD, answer_by, answerable_from
from clinic_sessions.domain.waiting.entry import (
    BOOKED,
    EXPIRED,
    MOST_URGENT,
    WAITING,
    WITHDRAWN,
    Waiting,
)
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.domain.waiting.offer import ACCEPTED, DECLINED, OPEN, PASSED_ON
from clinic_sessions.domain.waiting.rules import BadWaitRules, read_wait_rules
from tests.support.sessions import NOON, TOMORROW, a_location
from tests.support.sessions_waiting import a_freed, a_waiting, an_offer

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)
TWO_HOURS = timedelta(hours=2)


def local(at: datetime) -> datetime:
    return at.astimezone(CHICAGO)


def suits(waiting: Waiting, at: datetime = TOMORROW, *, before: datetime | None = None) -> bool:
    return waiting.suits(at, local(at), before=before)


def test_whoever_gives_no_wish_would_come_at_any_time_that_is_to_come_until_it_is_over() -> None:
    waiting = a_waiting(until=TOMORROW)
    assert suits(waiting, TOMORROW - MINUTE)
    assert not suits(waiting, TOMORROW)
    assert not suits(waiting, waiting.joined_at - MINUTE)


def test_a_start_before_the_first_day_of_interest_suits_nobody() -> None:
    assert suits(a_waiting(since=TOMORROW))
    assert not suits(a_waiting(since=TOMORROW + MINUTE))


def test_a_booking_is_only_moved_to_an_earlier_time() -> None:
    waiting = a_waiting(session_id="ses_1")
    assert suits(waiting, before=TOMORROW + MINUTE)
    assert not suits(waiting, before=TOMORROW)
    assert not suits(waiting, before=None), "What cannot be moved any more is not moved."


@pytest.mark.parametrize(("minutes", "is_about_it"), [(-120, False), (-119, True), (119, True)])
def test_nobody_is_asked_twice_about_one_stretch(minutes: int, is_about_it: bool) -> None:
    """Whoever was offered a visit of two hours that has a part of it, was asked about it."""
    waiting = a_waiting().after(a_waiting().ask(TOMORROW + minutes * MINUTE))
    assert waiting.was_asked_about(a_freed(), lasts=TWO_HOURS) is is_about_it
    assert not a_waiting().was_asked_about(a_freed(), lasts=TWO_HOURS)


minutes = st.integers(0, 24).map(lambda steps: 5 * steps)


@given(st.lists(st.tuples(minutes, st.integers(1, 6)), unique_by=lambda one: one[0]), minutes)
def test_of_what_is_free_that_has_a_part_of_a_stretch_its_own_start_comes_first(
    drawn: list[tuple[int, int]], starts: int
) -> None:
    """Minute by minute: a part is a minute that both have."""
    begins = TOMORROW + starts * MINUTE
    freed = replace(a_freed(begins), ends_at=begins + 20 * MINUTE)
    stretch = set(range(starts, starts + 20))
    mine = sorted(at for at, fives in drawn if stretch & set(range(at, at + 5 * fives)))
    expected = [at for at in mine if at == starts] + [at for at in mine if at != starts]
    free = [
        Visit(
            starts_at=TOMORROW + at * MINUTE,
            ends_at=TOMORROW + (at + 5 * fives) * MINUTE,
            reservations=(),
        )
        for at, fives in drawn
    ]
    assert [visit.starts_at for visit in freed.in_turn(free)] == [
        TOMORROW + at * MINUTE for at in expected
    ]


parts = st.lists(st.sampled_from(list(DAY_PARTS.values())), max_size=2).map(tuple)
between = st.tuples(st.integers(0, 22), st.integers(1, 23)).filter(lambda two: two[0] < two[1])
days_off = st.sets(st.sampled_from(WEEKDAYS), max_size=6).map(frozenset)


@st.composite
def people(draw: st.DrawFn) -> list[Waiting]:
    found = []
    for number in range(draw(st.integers(1, 8))):
        wished = draw(parts)
        if draw(st.booleans()):
            starts, ends = draw(between)
            wished = (*wished, DayPart(starts=time(starts), ends=time(ends)))
        one = a_waiting(
            number,
            joined=draw(st.integers(0, 3)),
            level=draw(st.integers(0, MOST_URGENT)),
            preference=Preference(parts=wished, not_on=draw(days_off)),
            until=NOON + timedelta(hours=draw(st.integers(1, 24 * 7))),
        )
        found.append(one)
    return found


def would_come(one: Waiting, at: datetime) -> bool:
    """The same, reckoned without the code that is tested: hour by hour, on the clock's face."""
    there = local(at)
    hours = set(range(24)) if not one.preference.parts else set[int]()
    for part in one.preference.parts:
        last = 24 if part.ends == time.max else part.ends.hour
        hours |= set(range(part.starts.hour, last))
    is_off = there.strftime("%A").lower() in one.preference.not_on
    is_in_time = one.joined_at <= at < one.until
    return there.hour in hours and not is_off and is_in_time


@given(waiting=people(), hours=st.integers(0, 24 * 7))
def test_the_first_whom_a_time_suits_is_the_one_that_looking_at_everybody_finds(
    waiting: list[Waiting], hours: int
) -> None:
    at = NOON + timedelta(hours=hours)
    asked = [one for one in sorted(waiting, key=lambda one: one.order) if suits(one, at)]
    willing = [one for one in waiting if would_come(one, at)]
    best = None
    for one in willing:
        level = one.priority.level if one.priority else 0
        mine = (-level, one.joined_at, one.id)
        best = mine if best is None else min(best, mine)
    assert len(asked) == len(willing)
    assert (asked[0].id if asked else None) == (best[2] if best else None)


def test_an_entry_is_over_by_itself_and_then_cannot_be_changed() -> None:
    waiting = a_waiting(until=TOMORROW)
    assert waiting.status(TOMORROW - MINUTE) == WAITING
    assert waiting.status(TOMORROW) == EXPIRED
    with pytest.raises(WaitingHasEnded):
        waiting.withdraw(now=TOMORROW)
    with pytest.raises(WaitingHasEnded):
        waiting.prioritise(1, "symptoms_worse", by="usr_eve", now=TOMORROW)


def test_an_entry_that_has_ended_keeps_how_and_does_not_wait_any_more() -> None:
    waiting = a_waiting()
    assert waiting.after(waiting.withdraw(now=NOON)).status(NOON) == WITHDRAWN
    assert waiting.after(waiting.end(BOOKED, now=NOON)).status(NOON) == BOOKED
    over = a_waiting(until=NOON)
    assert over.after(over.end(BOOKED, now=NOON)).status(NOON) == EXPIRED


def test_a_priority_can_be_given_and_taken_away() -> None:
    first, second = a_waiting(1), a_waiting(2, joined=1)
    urgent = second.after(second.prioritise(1, "symptoms_worse", by="usr_eve", now=NOON))
    assert urgent.order < first.order
    assert urgent.priority is not None
    assert (urgent.priority.reason, urgent.priority.by) == ("symptoms_worse", "usr_eve")
    as_before = urgent.after(urgent.prioritise(0, "better", by="usr_eve", now=NOON))
    assert (as_before.priority, as_before.order) == (None, second.order)


def test_an_offer_is_answered_once_and_in_time() -> None:
    offer = an_offer()
    late = offer.answer_by
    accepted = offer.after(offer.accept(by="usr_ada", now=NOON))
    assert (accepted.state, accepted.answered_by) == (ACCEPTED, "usr_ada")
    for answered in (accepted, offer.after(offer.decline(by="usr_ada", now=NOON))):
        with pytest.raises(OfferHasEnded) as refused:
            answered.accept(by="usr_ada", now=NOON)
        assert refused.value.current in {ACCEPTED, DECLINED}
        assert answered.pass_on(now=late) is None
    with pytest.raises(OfferHasEnded) as too_late:
        offer.accept(by="usr_ada", now=late)
    assert too_late.value.current == PASSED_ON


def test_an_offer_is_passed_on_when_its_time_is_over_and_not_before() -> None:
    offer = an_offer()
    assert offer.pass_on(now=offer.answer_by - MINUTE) is None
    passed_on = offer.pass_on(now=offer.answer_by)
    assert passed_on is not None
    assert offer.after(passed_on).state == PASSED_ON
    assert offer.status(offer.answer_by - MINUTE) == OPEN


def test_a_freed_time_is_the_same_after_a_promise_has_kept_it() -> None:
    freed = a_freed().passed_on
    assert freed.round == 2
    assert Freed.from_facts(freed.facts) == freed


def test_a_promise_that_knows_the_start_alone_is_of_a_stretch_that_begins_there() -> None:
    known = {name: value for name, value in a_freed().facts.items() if name != "ends_at"}
    assert Freed.from_facts(known).meets(TOMORROW, TWO_HOURS)
    assert not Freed.from_facts(known).meets(TOMORROW + 5 * MINUTE, TWO_HOURS)


# 2030-01-08 is a Tuesday; the sample place is open 08:00-18:00, and quiet from 20:00 to 08:00.
OPENS, CLOSES = datetime(2030, 1, 8, 14, tzinfo=UTC), datetime(2030, 1, 9, 0, tzinfo=UTC)


def test_the_time_to_answer_goes_on_when_the_place_opens_again() -> None:
    place = a_location(closed_on="nobody")
    assert answerable_from(place, OPENS) == OPENS
    assert answer_by(place, OPENS, TWO_HOURS) == OPENS + TWO_HOURS
    assert answer_by(place, CLOSES - TWO_HOURS, TWO_HOURS) == CLOSES
    next_day = OPENS + timedelta(days=1)
    assert answerable_from(place, CLOSES) == next_day
    assert answer_by(place, CLOSES - 20 * MINUTE, TWO_HOURS) == next_day + 100 * MINUTE


def with_(place: Location, **changes: object) -> Location:
    return replace(place, details=replace(place.details, **changes))  # type: ignore[arg-type]  # any field


def test_quiet_hours_and_closed_days_give_nobody_time_to_answer() -> None:
    place = a_location(closed_on="wednesday")
    late_riser = with_(place, quiet_hours=Quiet(starts=time(17), ends=time(10)))
    assert answerable_from(late_riser, OPENS) == OPENS + TWO_HOURS
    thursday = OPENS + timedelta(days=2)
    assert answer_by(late_riser, CLOSES - TWO_HOURS, TWO_HOURS) == thursday + 3 * 60 * MINUTE
    early = with_(place, quiet_hours=Quiet(starts=time(0), ends=time(9)))
    assert answerable_from(early, OPENS) == OPENS + 60 * MINUTE
    lunch = with_(place, quiet_hours=Quiet(starts=time(12), ends=time(13)))
    assert answer_by(lunch, OPENS, timedelta(hours=10)) == CLOSES
    evening = with_(place, quiet_hours=Quiet(starts=time(16), ends=time(23)))
    assert answer_by(evening, CLOSES - TWO_HOURS - MINUTE, MINUTE) == CLOSES - TWO_HOURS


def test_a_place_that_is_shut_for_long_asks_nobody() -> None:
    shut = Closure(id="works", first=date(2030, 1, 1), last=date(2030, 2, 28), reason="works")
    place = with_(a_location(closed_on="nobody"), closures=(shut,))
    assert answerable_from(place, NOON) is None
    assert answer_by(place, NOON, MINUTE) is None


def seconds_open(place: Location, since: datetime, until: datetime) -> int:
    """Counted in quarters of an hour, by asking of each whether the place is open."""
    step, at, found = timedelta(minutes=15), since, 0
    while at < until:
        found += 900 * place.is_open(at, at + step)
        at += step
    return found


@given(
    quarters=st.integers(0, 4 * 24 * 20),
    within=st.integers(1, 4 * 12),
    opens=st.integers(1, 11),
    closes=st.integers(12, 23),
    closed_on=st.sampled_from(WEEKDAYS),
    zone=st.sampled_from(["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_so_much_open_time_passes_until_an_answer_is_due(
    quarters: int, within: int, opens: int, closes: int, closed_on: str, zone: str
) -> None:
    """Across the days on which the clocks change: from 25 February 2030 on, for three weeks."""
    hours = Hours(opens=time(opens), closes=time(closes))
    week = {day: hours for day in WEEKDAYS if day != closed_on}
    quiet = Quiet(starts=time(23, 30), ends=time(0, 30))
    place = with_(a_location(zone=zone), hours=week, quiet_hours=quiet)
    at = datetime(2030, 2, 25, tzinfo=UTC) + quarters * timedelta(minutes=15)
    length = within * timedelta(minutes=15)
    due = answer_by(place, at, length)
    assert due is not None
    assert due - at < timedelta(days=LOOK_AHEAD)
    assert seconds_open(place, at, due) == length.total_seconds()
    assert place.is_open(due - timedelta(minutes=15), due)


def test_the_rules_have_a_source_for_each_number() -> None:
    document = load("clinic_sessions", "booking.yaml")
    assert read_wait_rules(document).answer_within == TWO_HOURS
    for broken in (
        {"value": 0, "source": "clinic default"},
        {"value": True, "source": "clinic default"},
        {"value": 30, "source": ""},
        {"value": 30},
    ):
        rows = {**document["wait_list"], "answer_minutes": broken}
        with pytest.raises(BadWaitRules):
            read_wait_rules({**document, "wait_list": rows})
