"""A plan keeps its version; moved to another one it is only when nothing stands in the way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.protocols.moving import obstacles
from clinic_sessions.domain.session import Session, Status
from tests.support.protocols import a_past_session, a_version, sourced, visit_on
from tests.support.sessions import NOON, a_plan, a_protocol, a_session

SHARED = [{"place": "chair"}, {"person": "nurse", "shared": True, "at_most": sourced(2)}]
LONGER = {"phases__2__minutes": sourced(90)}


def a_course(*given: str) -> Plan:
    return replace(a_plan(), infusions=6, given=given)


def booked(number: int, *, day: int, status: Status = Status.BOOKED) -> Session:
    return replace(a_session(), id=f"ses_{number}", visit=visit_on(day), status=status)


def in_the_way(
    *sessions: Session, plan: Plan | None = None, version: int = 2, **changes: Any
) -> list[tuple[str, str | None]]:
    wanted = a_version(version, **changes)
    found = obstacles(plan or a_course(), a_protocol(), wanted, sessions)
    return [(obstacle.kind, obstacle.session_id) for obstacle in found]


def test_a_version_that_is_content_with_what_is_booked_stands_open() -> None:
    done = a_past_session(1, day=-7)
    changes: dict[str, Any] = {
        "dose__hard_most_mg_per_kg": sourced(1.2),
        "phases__2__minutes": sourced(45),
    }
    assert in_the_way(done, booked(2, day=0), booked(3, day=2), **changes) == []


@pytest.mark.parametrize("status", [Status.ARRIVED, Status.DOSING, Status.DISCHARGEABLE])
def test_nobody_who_is_at_the_clinic_has_the_rules_changed_over_them(status: Status) -> None:
    assert in_the_way(booked(1, day=0, status=status)) == [("at_the_clinic", "ses_1")]


@pytest.mark.parametrize(
    "changes",
    [
        LONGER,
        {"phases__2__needs": SHARED},
        {"phases__1__needs__2": {"equipment": "infusion_pump"}},
        {"phases__1__needs__1": {"person": "nurse", "competence": "infusion"}},
        {"phases__0__needs__1": {"person": "nurse"}},
    ],
)
def test_visits_that_lack_what_the_new_phases_need_are_listed(changes: dict[str, Any]) -> None:
    done = a_past_session(1, day=-7)
    assert in_the_way(done, booked(2, day=0), **changes) == [("phases", "ses_2")]
    assert in_the_way(done, **changes) == []


def test_a_phase_is_covered_by_two_that_follow_one_another() -> None:
    phases = [
        {"name": "preparation", "after_minutes": sourced(0), "minutes": sourced(10)},
        {"name": "dosing", "after_minutes": sourced(10), "minutes": sourced(50)},
        {"name": "recovery", "after_minutes": sourced(60), "minutes": sourced(60)},
    ]
    by_chair = [{**phase, "needs": [{"place": "chair"}]} for phase in phases]
    by_chair[1]["needs"] = [{"place": "chair"}, {"person": "nurse"}]
    # The chair is there from the first minute to the last; the nurse comes five minutes too late.
    assert in_the_way(booked(1, day=0), phases=by_chair) == [("phases", "ses_1")]
    by_chair[1]["after_minutes"], by_chair[1]["minutes"] = sourced(15), sourced(45)
    by_chair[0]["minutes"] = sourced(15)
    assert in_the_way(booked(1, day=0), phases=by_chair) == []


def test_visits_too_close_or_too_far_for_the_new_spacing_are_listed() -> None:
    days = [booked(1, day=0), booked(2, day=2), booked(3, day=7)]
    assert in_the_way(*days, spacing__least_hours=sourced(72)) == [("too_close", "ses_2")]
    assert in_the_way(*days, spacing__most_hours=sourced(96)) == [("too_far", "ses_3")]
    two_days: dict[str, Any] = {
        "spacing__least_hours": sourced(24),
        "spacing__within_days": sourced(6),
    }
    assert in_the_way(*days, **two_days) == [("outside_series", "ses_3")]


def test_what_was_done_under_the_old_spacing_is_no_obstacle() -> None:
    done = [a_past_session(1, day=0), a_past_session(2, day=2)]
    assert in_the_way(*done, spacing__least_hours=sourced(72)) == []


def test_a_plan_is_not_moved_to_where_it_is_nor_once_its_series_is_over() -> None:
    assert in_the_way(version=1) == [("same_version", None)]
    complete = a_course(*(f"ses_{n}" for n in range(6)))
    assert in_the_way(plan=complete) == [("series_over", None)]
    assert in_the_way(plan=complete, infusions=sourced(8)) == [("series_over", None)]
    assert in_the_way(plan=a_course("ses_1", "ses_2"), infusions=sourced(2)) == [
        ("series_over", None)
    ]
    three = [booked(n, day=2 * n) for n in (1, 2, 3)]
    assert in_the_way(*three, infusions=sourced(2)) == [("series_too_short", None)]


def test_a_moved_plan_records_which_version_held_when_and_who_moved_it() -> None:
    plan = a_course()
    for version, day in ((2, 1), (3, 2)):
        now = NOON + timedelta(days=day)
        moved = plan.move_protocol(version, infusions=5, reason="safer", by="usr_p", now=now)
        plan = plan.after(moved)
    assert (plan.protocol_version, plan.infusions) == (3, 5)
    assert [(move.before, move.after, move.by) for move in plan.moves] == [
        (1, 2, "usr_p"),
        (2, 3, "usr_p"),
    ]
    days = [NOON, NOON + timedelta(days=1, hours=1), NOON + timedelta(days=3)]
    assert [plan.version_on(day) for day in days] == [1, 2, 3]
