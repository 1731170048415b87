"""A letter at a wrong hour is found, and one at the right hour is not, whatever the clocks did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from clinic_events import SessionCompleted, SessionRescheduled
from clinic_events.testing import A_MOMENT, example
from clinic_platform.ids import derived_id
from tests.chaos.business_time import BusinessTime, Moved, Span
from tests.chaos.checkers import check, hours
from tests.chaos.checkers.plan import (
    INTEGRATION,
    OF_SURVEYS,
    REMINDERS,
    SURVEYS,
    Line,
    morning_after,
)
from tests.chaos.evidence import Evidence, Letter, Record
from tests.support.stack import ROOT
from tests.unit.chaos.good_run import (
    BOOKED,
    EVENING,
    NOON,
    SENT,
    SESSION,
    STOPS,
    SURVEY,
    a_good_run,
    a_letter,
    a_promise,
    published,
    with_rows,
)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# The clocks of the place go on at two in the night before, and back in that of the other one.
SPRING_SATURDAY = datetime(2027, 3, 13, 19, 30, tzinfo=UTC)  # half past one
AUTUMN_SATURDAY = datetime(2027, 11, 6, 18, 30, tzinfo=UTC)
SPRING_MORNING = datetime(2027, 3, 14, 13, tzinfo=UTC)  # eight, by the new time
AUTUMN_MORNING = datetime(2027, 11, 7, 14, tzinfo=UTC)
JOURNAL = derived_id("msg", f"{SESSION}/journal-1")


def wrong(run: Evidence) -> set[str]:
    return {v.what.rpartition(": ")[2] for v in check(run) if v.invariant in ("I6", "I7")}


def came_at(at: datetime, **others: object) -> Evidence:
    return replace(a_good_run(), letters=[a_letter(at)], **others)  # type: ignore[arg-type]


def after_a_visit(ended: datetime, journal_at: datetime) -> Evidence:
    """The first journal is due sixteen hours later, at half past five or so, and waits. Time moves
    an hour at a time."""
    record = published(
        example(SessionCompleted, session_id=SESSION, completed_at=ended),
        "evt_completed",
        cause=BOOKED,
        at=ended,
    )
    stops = [Span(ended + n * HOUR, ended + n * HOUR + MINUTE) for n in range(30)]
    return Evidence(
        records=[record],
        letters=[Letter(JOURNAL, Span(journal_at, journal_at))],
        stops={"notifications": stops},
    )


def with_time(record: Record, at: datetime) -> Record:
    headers = {**record.message.headers, "ce_time": at.isoformat().encode()}
    return Record(record.message._replace(headers=headers))


def found_of(run: Evidence) -> list[str]:
    return [v.what.rpartition(": ")[2] for v in hours.each_letter_came_at_its_time(run)]


def test_a_letter_before_its_time_is_found() -> None:
    early = came_at(NOON - MINUTE)
    assert wrong(early) == {f"it is due at {NOON}"}


def test_a_letter_at_night_is_found() -> None:
    assert "that is in the quiet hours" in wrong(came_at(EVENING))


def test_a_letter_that_could_have_come_a_stop_earlier_is_found() -> None:
    next_morning = morning_after(EVENING).astimezone(UTC)
    more = Span(next_morning, next_morning + MINUTE)
    late = came_at(next_morning, stops={"notifications": [*STOPS, more], "outcomes": STOPS})
    assert wrong(late) == {f"it could have come by {STOPS[1].latest}"}


def test_a_letter_that_is_of_no_use_any_more_is_found() -> None:
    assert f"it is of no use after {NOON + 24 * HOUR}" in wrong(came_at(NOON + 25 * HOUR))


def test_a_letter_that_names_another_hour_is_found() -> None:
    other = a_letter(NOON, "Your visit is on Wednesday 9 January at 13:00 (America/Chicago).")
    assert wrong(replace(a_good_run(), letters=[other])) == {"it does not name 12:00 as its hour"}


@pytest.mark.parametrize("off", [-2 * HOUR, 2 * HOUR])
def test_a_wrong_clock_excuses_as_much_as_it_was_off(off: timedelta) -> None:
    """Two hours before noon, or in the evening: only while somebody's clock was wrong."""
    at = NOON + off
    around = Span(at - MINUTE, at + MINUTE)
    stops = [*STOPS[:2], around, STOPS[2]] if off > timedelta() else STOPS
    run = came_at(at, stops={"notifications": stops, "outcomes": STOPS})
    assert wrong(run)
    assert not wrong(replace(run, wrong_clocks=[around], clocks_off_by=2 * HOUR))
    assert wrong(replace(run, wrong_clocks=[around], clocks_off_by=HOUR))


@pytest.mark.parametrize(
    ("saturday", "morning"),
    [(SPRING_SATURDAY, SPRING_MORNING), (AUTUMN_SATURDAY, AUTUMN_MORNING)],
)
def test_eight_stays_eight_over_a_change_of_clocks(saturday: datetime, morning: datetime) -> None:
    """The stops are at half past: the first one after eight is the hour for it."""
    half_past = morning + 30 * MINUTE
    assert morning_after(saturday + 16 * HOUR) == morning
    assert found_of(after_a_visit(saturday, half_past)) == []
    assert found_of(after_a_visit(saturday, half_past - HOUR)) == ["that is in the quiet hours"]
    late = found_of(after_a_visit(saturday, half_past + HOUR))
    assert late == [f"it could have come by {half_past + MINUTE}"]


def test_a_letter_about_a_visit_that_was_moved_is_found_once_time_has_moved_on() -> None:
    run = a_good_run()
    moved = published(
        example(SessionRescheduled, session_id=SESSION, session_version=2, patient_id="pat_1"),
        "evt_moved",
        cause=BOOKED,
        sequence=2,
        at=A_MOMENT + MINUTE / 2,
    )
    with_it = replace(run, records=[*run.records, moved])
    assert f"{SENT} came though it was overtaken" in wrong(with_it)
    later = with_time(moved, NOON + MINUTE / 2)
    just_before = replace(run, records=[*run.records, later])
    assert f"{SENT} came though it was overtaken" not in wrong(just_before)


def test_too_late_is_no_reason_while_there_was_time() -> None:
    run = a_good_run()
    lapsed = {**a_promise(SENT, state="lapsed"), "reason": "too_late"}
    rows = [lapsed, *run.of("notifications", "promises")[1:]]
    excused = replace(with_rows(run, "notifications", "promises", rows), letters=[])
    assert f"{SENT} is called too late, and was not" in wrong(excused)


def test_a_letter_put_off_past_its_hour_is_missed() -> None:
    """Its own row has it due tomorrow; by the plan it was due at noon."""
    run = a_good_run()
    rows = [a_promise(SENT), *run.of("notifications", "promises")[1:]]
    waiting = replace(with_rows(run, "notifications", "promises", rows), letters=[])
    assert f"{SENT} could go at {NOON} and still waits" in wrong(waiting)


@pytest.mark.parametrize(("by", "what"), [(-HOUR, "before its time"), (HOUR, "too late")])
def test_a_survey_at_a_wrong_hour_is_found(by: timedelta, what: str) -> None:
    run = a_good_run()
    records = [
        with_time(record, EVENING + by) if record.id == "evt_due" else record
        for record in run.records
    ]
    found = {v.what for v in check(replace(run, records=records)) if v.invariant == "I7"}
    assert any(one.startswith(SURVEY) and what in one for one in found)


def test_true_moments_are_found_by_the_moves_of_a_clock() -> None:
    """Two answers while the clock was being moved, one before and after."""
    clock, true = BusinessTime(), datetime(2030, 1, 1, tzinfo=UTC)
    clock.note("a", Moved(asked_at=true, seen_at=true, now=true + HOUR))
    asked_at = true + MINUTE
    clock.note("a", Moved(asked_at=asked_at, seen_at=asked_at + MINUTE, now=true + 9 * HOUR))
    assert clock.at("a", true + MINUTE / 2) == (true + HOUR + MINUTE / 2,) * 2
    under_way = clock.at("a", asked_at + MINUTE / 2)
    assert under_way == Span(true + HOUR + 1.5 * MINUTE, true + 9 * HOUR - MINUTE / 2)
    assert clock.stops(true + 3 * MINUTE)["a"] == [
        Span(true + HOUR, true + HOUR + MINUTE),
        Span(true + 9 * HOUR, true + 9 * HOUR + MINUTE),
    ]


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("integration-plans/integration-plan", INTEGRATION),
        ("reminders", REMINDERS),
        ("survey-letters", OF_SURVEYS),
    ],
)
def test_the_hours_are_those_of_the_plans(file: str, lines: dict[str, Line]) -> None:
    data = ROOT / "services/notifications/clinic_notifications/data"
    planned = yaml.safe_load((data / f"{file}.yaml").read_text())["lines"]
    assert {line["id"]: _line(line) for line in planned} == lines


def test_the_surveys_are_those_of_the_plan() -> None:
    plan = ROOT / "services/outcomes/clinic_outcomes/data/survey-plans/ketamine-outcomes.yaml"
    rows = yaml.safe_load(Path(plan).read_text())["surveys"]
    after = {row["id"]: row["after_hours"] * HOUR for row in rows}
    assert SURVEYS.items() <= after.items()
    assert after["baseline"] == timedelta()


def _line(row: dict[str, str]) -> Line:
    until = None if row["until"] == "end" else _hours(row["until"])
    return Line(_hours(row["at"]), until, waits=row["quiet_hours"] == "wait")


def _hours(text: str) -> timedelta:
    return int(text[:-1]) * {"h": HOUR, "d": 24 * HOUR}[text[-1]]
