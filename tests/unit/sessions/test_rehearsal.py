"""A draft run over a fixed past gives a fixed rehearsal; and each kind of difference by itself."""

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

from clinic_platform.decisions import RuleSet
from clinic_sessions.app import protocols, rule_sets
from clinic_sessions.domain.bedside.crossing import Baseline
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.rehearsal import PastSession, Rehearsal, rehearse
from clinic_sessions.domain.session import Session
from tests.support.protocols import (
    a_past_session,
    a_readiness,
    a_version,
    in_the_past,
    sourced,
)
from tests.support.sessions import TOMORROW, a_reading

Details: TypeAlias = dict[str, tuple[str, ...]]
GOLDEN: Final = Path(__file__).with_name("rehearsal.golden.json")
STRICTER: Final = RuleSet.parse(
    {
        "rule_set": "stricter-gates",
        "version": 1,
        "ladder": ["block", "pass"],
        "rules": [
            {
                "id": "G-BP-HIGH",
                "when": {"fact": "systolic", "at_least": 150},
                "then": "block",
                "unknown": "block",
                "message": "Too high.",
                "source": "clinic default",
            },
        ],
    }
)
ASKING_MORE: Final = RuleSet.parse(
    {
        "rule_set": "asking-more",
        "version": 1,
        "ladder": ["block", "pass"],
        "rules": [
            {
                "id": "G-FOOD",
                "when": {"fact": "hours_since_food", "below": 2},
                "then": "block",
                "unknown": "block",
                "message": "Too soon.",
                "source": "clinic default",
            },
        ],
    }
)
RULE_SETS: Final = {**rule_sets(), "stricter-gates": STRICTER, "asking-more": ASKING_MORE}


def rehearsed(draft: Protocol, *past: PastSession) -> Rehearsal:
    return rehearse(draft, past, shelf=protocols(), rule_sets=RULE_SETS)


def counts(rehearsal: Rehearsal) -> dict[str, int]:
    return {change.kind: change.count for change in rehearsal.changes if change.count}


def test_the_same_protocol_changes_nothing_of_its_past() -> None:
    at = TOMORROW
    past = [
        in_the_past(a_past_session(1, day=0), a_readiness(at), a_readiness(at, systolic=170)),
        in_the_past(a_past_session(2, day=3, mg_per_kg=1.2, is_marked=True), a_readiness(at)),
    ]
    rehearsal = rehearsed(a_version(), *past)
    assert counts(rehearsal) == {}
    assert (rehearsal.sessions, rehearsal.decisions, rehearsal.doses) == (2, 3, 2)


def test_a_decision_is_made_again_by_the_drafts_gates() -> None:
    draft = a_version(gates="stricter-gates", waivers=[])
    session = a_past_session(1, day=0)
    passed, shut = a_readiness(TOMORROW, systolic=155), a_readiness(TOMORROW, systolic=165)
    let = a_readiness(TOMORROW, spo2=80)
    rehearsal = rehearsed(draft, in_the_past(session, passed, shut, let))
    assert counts(rehearsal) == {"would_block": 1, "would_pass": 1}
    [block] = [change for change in rehearsal.changes if change.kind == "would_block"]
    assert block.samples[0].details == ("G-BP-HIGH",)


def test_a_fact_that_nobody_asked_for_then_is_listed_as_not_known_and_never_as_blocked() -> None:
    draft = a_version(gates="asking-more", waivers=[])
    session = a_past_session(1, day=0)
    assert counts(rehearsed(draft, in_the_past(session, a_readiness(TOMORROW)))) == {
        "cannot_tell": 1
    }


def test_doses_are_ordered_again_within_the_drafts_bounds() -> None:
    draft = a_version(
        dose__soft_most_mg_per_kg=sourced(0.8),
        dose__hard_most_mg_per_kg=sourced(1.1),
        dose__step_mg_per_kg=sourced(0.1),
    )
    past = [
        in_the_past(a_past_session(1, day=0)),
        in_the_past(a_past_session(2, day=3, mg_per_kg=0.75)),
        in_the_past(a_past_session(3, day=6, mg_per_kg=0.9)),
        in_the_past(a_past_session(4, day=9, mg_per_kg=1.15, is_marked=True)),
    ]
    assert counts(rehearsed(draft, *past)) == {
        "dose_bounds_differ": 4,
        "dose_would_be_marked": 1,
        "dose_would_be_refused": 1,
        "dose_step_would_need_a_reason": 3,
    }


def test_visits_and_readings_are_laid_out_again() -> None:
    draft = a_version(
        spacing__least_hours=sourced(72),
        phases__2__minutes=sourced(90),
        monitoring__during_every_minutes=sourced(5),
    )
    past = [in_the_past(a_past_session(n, day=2 * n)) for n in (1, 2)]
    assert counts(rehearsed(draft, *past)) == {
        "visit_length_differs": 2,
        "visits_too_close": 1,
        # At 5, 15, 25 and 35 minutes of each infusion.
        "readings_newly_due": 8,
    }


def a_reading_of(session: Session, number: int, minutes: int, systolic: int) -> Reading:
    assert session.dosing_started_at is not None
    at = session.dosing_started_at + timedelta(minutes=minutes)
    reading = a_reading(number, session_id=session.id)
    return replace(reading, taken_at=at, received_at=at, systolic=systolic)


def a_limit(name: str, level: str, **bound: float) -> dict[str, Any]:
    limit = {"id": name, "parameter": "systolic", "level": level}
    return {**limit, "message": "High.", "source": "clinic default", **bound}


def test_limits_are_tried_on_the_readings_that_were_taken_while_dosing_and_after() -> None:
    """Held by the version of then: caution from 160, pause from 180, each confirmed by a second."""
    limits = [
        a_limit("another-name", "caution", at_least=140),
        a_limit("rise", "pause", against_baseline_percent=20),
    ]
    draft = a_version(monitoring__limits=limits)
    session = a_past_session(1, day=0)
    pressures = ((1, -5, 200), (2, 5, 150), (3, 8, 150), (4, 60, 161))
    taken = [a_reading_of(session, *one) for one in pressures]
    milder = replace(taken[3], version=2, corrects=1, systolic=139)

    def differences(*readings: Reading, systolic: int | None = None) -> Details:
        before = {} if systolic is None else {"systolic": Baseline(systolic, TOMORROW, "check")}
        past = replace(in_the_past(session), readings=readings, baseline=before)
        changes = rehearsed(draft, past).changes
        return {
            one.kind: one.samples[0].details
            for one in changes
            if "limits" in one.kind and one.count
        }

    caution = {"limits_newly_passed": ("caution of systolic_high",)}
    unknown = {"limits_cannot_be_told": ("pause of systolic_high",)}
    assert differences(*taken, milder, systolic=200) == caution
    assert differences(taken[0], taken[1], milder, systolic=200) == {}, "Nothing confirms it."
    assert differences(*taken[1:3]) == {**caution, **unknown}
    pause = {"limits_newly_passed": ("pause of systolic_high",)}
    assert differences(*taken[1:3], systolic=120) == pause, "A rise by 30 is a caution already."
    high = [a_reading_of(session, n, minute, 190) for n, minute in ((5, 20), (6, 23))]
    assert differences(*high, systolic=200) == {
        "limits_no_longer_passed": ("pause of systolic_high",)
    }


def test_sessions_of_two_plans_are_no_neighbours() -> None:
    draft = a_version(spacing__least_hours=sourced(72))
    past = [in_the_past(a_past_session(n, day=n, plan=f"pln_{n}")) for n in (1, 2)]
    assert counts(rehearsed(draft, *past)) == {}


def a_fixed_past() -> list[PastSession]:
    """Twelve sessions of three plans, each with a decision, every third too high in pressure."""
    past = []
    for number in range(12):
        at = TOMORROW + timedelta(days=2 * number)
        receipt = a_readiness(at, systolic=160 if number % 3 == 0 else 124 + 3 * number)
        dose = 0.5 + 0.1 * (number % 6)
        session = a_past_session(
            number, day=2 * number, plan=f"pln_{number // 4}", mg_per_kg=round(dose, 1)
        )
        past.append(in_the_past(session, receipt))
    return past


def a_fixed_draft() -> Protocol:
    changes: dict[str, Any] = {
        "gates": "stricter-gates",
        "waivers": [],
        "dose__soft_most_mg_per_kg": sourced(0.8),
        "dose__step_mg_per_kg": sourced(0.2),
        "spacing__least_hours": sourced(50),
        "phases__2__minutes": sourced(75),
        "monitoring__after_every_minutes": sourced(10),
    }
    return a_version(**changes)


def test_a_fixed_past_gives_the_agreed_rehearsal() -> None:
    """The golden file is agreed: whoever changes it means to change what a rehearsal shows."""
    rehearsal = json.loads(json.dumps(asdict(rehearsed(a_fixed_draft(), *a_fixed_past()))))
    assert rehearsal == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_the_order_of_the_past_does_not_matter() -> None:
    past = a_fixed_past()
    assert rehearsed(a_fixed_draft(), *past) == rehearsed(a_fixed_draft(), *reversed(past))
