"""Dissociation before leaving: reckoned against what was noted before the dose."""

from datetime import timedelta

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.reckoned import reckoned
from clinic_sessions.domain.facts import Arrived, Checked, DosingStarted
from tests.support.sessions import GATES, NOON, a_protocol, a_session, good_facts

LATER = NOON + timedelta(hours=2)
PROTOCOL = a_protocol()
ORDER = order_dose(PROTOCOL, number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_p", now=NOON)
STARTED = DosingStarted(NOON, ORDER, "iv", GATES.decide(good_facts(NOON), as_of=NOON), "usr_a")


def points_above(before: int | None, now: int | None) -> object:
    """As it is reckoned of somebody who was asked before the dose and again after it."""
    asked = {} if before is None else {"dissociation": Known(value=before, known_at=NOON)}
    session = a_session(Arrived(NOON), Checked(asked), STARTED)
    if now is not None:
        session = session.after(Checked({"dissociation": Known(value=now, known_at=LATER)}))
    known = reckoned(session, PROTOCOL, None, now=LATER).get("dissociation_above_baseline")
    return None if known is None else (known.value, known.known_at)


def test_dissociation_is_held_against_what_was_noted_before_the_dose() -> None:
    assert points_above(0, 0) == (0, LATER)
    assert points_above(2, 5) == (3, LATER)
    assert points_above(4, 1) == (-3, LATER)


def test_without_a_baseline_or_asked_no_more_dissociation_is_not_known() -> None:
    assert points_above(None, 0) is None
    assert points_above(0, None) is None
