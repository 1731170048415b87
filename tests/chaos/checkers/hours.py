"""I6, I7: no letter and no survey came before its time, in the night, too late, or of a past visit.

By the machine's clock and by what the run itself did to the clinic's, not by a service's own word.
Where somebody had moved the wall clock of a worker, it may be as far off as that.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from clinic_platform.ids import derived_id
from tests.chaos.business_time import Span
from tests.chaos.checkers.model import Violation
from tests.chaos.checkers.plan import (
    Planned,
    is_quiet,
    letters_after,
    morning_after,
    surveys_after,
)
from tests.chaos.evidence import Evidence, Letter

# Two clocks of one run, and the milliseconds that a database cuts off.
LEEWAY: Final = timedelta(seconds=5)
# From a decision to the letter box: an act may last twenty seconds.
ON_ITS_WAY: Final = timedelta(seconds=25)
# What is due at a stop is done before time moves on, and all faults heal by then: `SETTLES_WITHIN`.
AT_A_STOP: Final = timedelta(minutes=5)
NO_ERROR: Final = timedelta()
LETTERS, SURVEYS = "notifications", "outcomes"  # who keeps them


def each_letter_came_at_its_time(evidence: Evidence) -> Iterator[Violation]:
    came = _by_id(evidence)
    put_off = _put_off(evidence)
    for planned in _planned(evidence):
        message_id = derived_id("msg", planned.key)
        ready = max(planned.due, planned.known_at, put_off.get(message_id, planned.due))
        for letter in came.get(message_id, ()):
            for wrong in _wrong_with(planned, letter.at, ready, evidence):
                yield Violation(
                    "I6", "other", f"{planned.key} came at {letter.at.earliest}: {wrong}"
                )
            if planned.hour and f" at {planned.hour} " not in letter.text:
                wrong = f"it does not name {planned.hour} as its hour"
                yield Violation("I6", "other", f"{planned.key}: {wrong}")


def each_letter_is_sent_as_long_as_it_is_of_use(evidence: Evidence) -> Iterator[Violation]:
    """One that did not come is `too_late` only if it was, and waits only if it may."""
    rows = {row["_id"]: row for row in evidence.of(LETTERS, "promises")}
    put_off = _put_off(evidence)
    for planned in _planned(evidence):
        row = rows.get(planned.key, {"state": "", "reason": ""})
        ready = max(planned.due, planned.known_at)
        ready = max(ready, put_off.get(derived_id("msg", planned.key), ready))
        could = _could_go(planned, ready, evidence).earliest
        error = evidence.clock_error(ready - evidence.clocks_off_by, planned.until)
        is_too_late = row["state"] == "lapsed" and row["reason"] == "too_late"
        if is_too_late and could + AT_A_STOP < planned.until - error:
            yield Violation("I6", "lost", f"{planned.key} is called too late, and was not")
        if row["state"] == "pending" and evidence.now is not None and could < evidence.now - LEEWAY:
            yield Violation("I6", "lost", f"{planned.key} could go at {could} and still waits")


def no_letter_is_of_a_visit_that_was_moved(evidence: Evidence) -> Iterator[Violation]:
    """Once time has moved on after a visit was moved or called off, its old letters are no more."""
    came = _by_id(evidence)
    over = _overtaken(evidence)
    for record in evidence.events:
        ends = over.get((record.subject, record.sequence))
        if ends is None:
            continue
        last = evidence.when_time_stood(LETTERS, ends).latest
        for planned in filter(_is_of_a_visit, letters_after(record)):
            for letter in came.get(derived_id("msg", planned.key), ()):
                if letter.at.earliest > last + LEEWAY:
                    yield Violation("I6", "other", f"{planned.key} came though it was overtaken")


def each_survey_is_asked_at_its_time(evidence: Evidence) -> Iterator[Violation]:
    asked = {
        row["_id"]: (row["about"], row["survey"]) for row in evidence.of(SURVEYS, "assignments")
    }
    expected = {(s.about, s.line): s for record in evidence.events for s in surveys_after(record)}
    for record in evidence.named("outcomes.survey_due"):
        planned = expected.get(asked.get(record.subject, ("", "")))
        if planned is None:
            continue  # that it hangs on nothing is found elsewhere
        error = evidence.clock_error(planned.due, record.published_at)
        could = evidence.when_time_stood(SURVEYS, max(planned.due, planned.known_at) + error)
        if abs(datetime.fromisoformat(record.body["due_at"]) - planned.due) > LEEWAY:
            yield Violation("I7", "other", f"{planned.key} is due at another time than planned")
        if record.published_at < planned.due - error - LEEWAY:
            yield Violation("I7", "other", f"{planned.key} was asked before its time")
        if record.published_at > could.latest + error + LEEWAY:
            yield Violation(
                "I7", "other", f"{planned.key} was asked at {record.published_at}: too late"
            )


def _wrong_with(planned: Planned, at: Span, ready: datetime, evidence: Evidence) -> Iterator[str]:
    error = evidence.clock_error(at.earliest - ON_ITS_WAY, at.latest)
    if at.latest < planned.due - error - LEEWAY:
        yield f"it is due at {planned.due}"
    if at.earliest > planned.until + error + ON_ITS_WAY:
        yield f"it is of no use after {planned.until}"
    if planned.waits and all(map(is_quiet, _as_it_may_have_seemed(at, error))):
        yield "that is in the quiet hours"
    last = _could_go(planned, ready, evidence).latest
    if at.earliest > last + error + LEEWAY:
        yield f"it could have come by {last}"


def _as_it_may_have_seemed(at: Span, error: timedelta) -> list[datetime]:
    seen = (at.earliest - ON_ITS_WAY, at.earliest, at.latest)
    return [moment + by for moment in seen for by in {-error, NO_ERROR, error}]


def _could_go(planned: Planned, ready: datetime, evidence: Evidence) -> Span:
    """The first stop of time at which nothing held it up: not the night either, if it waits for its
    end. A clock that was wrong then may have seen a night that was none."""
    stop = evidence.when_time_stood(LETTERS, ready)
    error = evidence.clock_error(ready - evidence.clocks_off_by, stop.latest)
    seemed = [moment + by for moment in stop for by in {-error, NO_ERROR, error}]
    nights = [morning_after(one) for one in seemed if planned.waits and is_quiet(one)]
    return evidence.when_time_stood(LETTERS, max(nights)) if nights else stop


def _is_of_a_visit(planned: Planned) -> bool:
    return bool(planned.hour)


def _planned(evidence: Evidence) -> Iterator[Planned]:
    return (letter for record in evidence.events for letter in letters_after(record))


def _by_id(evidence: Evidence) -> Mapping[str, Sequence[Letter]]:
    found: dict[str, list[Letter]] = defaultdict(list)
    for letter in evidence.letters:
        found[letter.id].append(letter)
    return found


def _put_off(evidence: Evidence) -> Mapping[str, datetime]:
    """Until when a letter waited for something else than the morning: for an event, ten minutes."""
    return {
        row["_id"]: max(waited)
        for row in evidence.of(LETTERS, "messages")
        if (
            waited := [
                fact["until"]
                for fact in row.get("timeline", ())
                if fact["what"] == "deferred" and fact["reason"] != "quiet_hours"
            ]
        )
    }


def _overtaken(evidence: Evidence) -> Mapping[tuple[str, int], datetime]:
    """By record and version: when the next version of it was published."""
    published: dict[str, dict[int, datetime]] = defaultdict(dict)
    for record in evidence.events:
        published[record.subject].setdefault(record.sequence, record.published_at)
    return {
        (subject, version): versions[following]
        for subject, versions in published.items()
        for version, following in zip(sorted(versions), sorted(versions)[1:], strict=False)
    }
