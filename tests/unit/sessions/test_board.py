"""The board's parts that need nothing: days, cursors, cards, and one slow screen."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from clinic_sessions.domain.board.card import STAGES, Card, Stage, Times
from clinic_sessions.domain.board.cursor import Cursor
from clinic_sessions.domain.board.day import Day
from clinic_sessions.domain.session import Status
from clinic_sessions.schemas.board import CardOut
from clinic_sessions.views.board.screen import WAITING, Screen
from tests.support.sessions import NOON


def a_card(status: Status = Status.BOOKED, *, chair: str = "chair_1") -> Card:
    times = Times(starts_at=NOON, dosing_started_at=NOON + timedelta(minutes=15))
    ends_at = NOON + timedelta(hours=2)
    return Card(session_id="ses_1", status=status, chair=chair, times=times, ends_at=ends_at)


@pytest.mark.parametrize(
    ("on", "hours"), [((2030, 1, 7), 24), ((2030, 3, 10), 23), ((2030, 11, 3), 25)]
)
def test_a_day_is_from_midnight_to_midnight_there(on: tuple[int, int, int], hours: int) -> None:
    day = Day.of(datetime(*on, 18, tzinfo=UTC), "America/Chicago")
    assert (day.date, day.until - day.since) == (date(*on), timedelta(hours=hours))


@given(some.dates(), some.integers(0, 2**32 - 1), some.integers(0, 2**32 - 1))
def test_a_cursor_comes_back_as_it_was_given(day: date, seconds: int, increment: int) -> None:
    cursor = Cursor(day, seconds, increment)
    assert Cursor.read(str(cursor)) == cursor
    assert "/" not in str(cursor)


@given(some.text())
def test_what_is_no_cursor_of_ours_is_none(text: str) -> None:
    cursor = Cursor.read(text)
    assert cursor is None or Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_stage(status: Status) -> None:
    assert status in STAGES


def test_what_nobody_knows_is_not_made_up() -> None:
    assert a_card(Status.ARRIVED).stage_began_at is None
    assert a_card(Status.DOSING).stage_began_at == NOON + timedelta(minutes=15)
    assert a_card(Status.DOSING).stage is Stage.DOSING


def test_cards_have_one_version_exactly_where_they_are_the_same() -> None:
    assert CardOut.of(a_card(), now=NOON).version == CardOut.of(a_card(), now=NOON).version
    assert (
        CardOut.of(a_card(), now=NOON).version
        != CardOut.of(a_card(chair="chair_2"), now=NOON).version
    )


async def test_a_screen_that_takes_nothing_is_let_go_and_nothing_more_waits_for_it() -> None:
    left: list[Screen] = []
    screen = Screen(left.append)
    screen.begin(b"opening")
    taken = [screen.offer(b"event", {"ses_1"}) for _ in range(WAITING + 1)]
    assert taken == [*[True] * WAITING, False]
    screen.end()
    assert [event async for event in screen.events()] == [b"opening"]
    assert left == [screen]


async def test_what_moves_before_a_screen_begins_is_remembered() -> None:
    screen = Screen(lambda _: None)
    assert screen.offer(b"event", {"ses_1"})
    assert screen.meanwhile == {"ses_1"}
    screen.offer(b"snapshot", None)
    screen.offer(b"event", {"ses_2"})
    assert screen.meanwhile is None, "Everything was sent."
