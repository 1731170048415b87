"""What the gates of the discharge know of the baseline, the watch and the time since the dose."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.crossing import Baseline
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.reckoned import reckoned
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.facts import (
    Arrived,
    Checked,
    DosingStarted,
    DosingStopped,
)
from clinic_sessions.domain.protocols.protocol import FixedDoses
from clinic_sessions.domain.session import Session
from tests.support.sessions import (
    DISCHARGE,
    GATES,
    NOON,
    a_protocol,
    a_session,
    good_facts,
)

PROTOCOL = a_protocol()
ENDED, LATER = NOON + timedelta(minutes=40), NOON + timedelta(minutes=100)
ORDER = order_dose(PROTOCOL, number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=NOON)
STARTED = DosingStarted(NOON, ORDER, "iv", GATES.decide(good_facts(NOON), as_of=NOON), "usr_a")


def watched() -> Session:
    """Dosed from noon to 12:40."""
    baseline = Checked(good_facts(NOON))
    return a_session(Arrived(NOON), baseline, STARTED, DosingStopped(ENDED, "dose_given", "usr_a"))


def a_watch(**baseline: float) -> Watch:
    return Watch(
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        protocol=PROTOCOL.name,
        protocol_version=PROTOCOL.version,
        baseline={name: Baseline(value, NOON, "check") for name, value in baseline.items()},
    )


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


def test_only_the_distance_from_the_baseline_has_a_prescribers_word() -> None:
    waivable = {rule.id for rule in DISCHARGE.rules if rule.waivable_by}
    assert waivable == {"D-BP-BASELINE"}


def test_the_time_of_observation_counts_from_the_end_or_from_the_first_device() -> None:
    after_45 = NOON + timedelta(minutes=45)
    facts = reckoned(watched(), PROTOCOL, None, now=after_45)
    assert facts["observation_minutes_left"].value == 25.0  # 30 after 12:40
    fixed = FixedDoses(
        doses_mg=(56.0,), start_mg=56.0, device_mg=28.0, between_devices=timedelta(minutes=5)
    )
    watch = replace(PROTOCOL.monitoring, observe_at_least=timedelta(minutes=120))
    nasal = replace(PROTOCOL, dose=fixed, monitoring=watch)
    assert reckoned(watched(), nasal, None, now=after_45)["observation_minutes_left"].value == 75.0


def test_the_baseline_is_the_one_that_alarms_are_judged_by() -> None:
    now = Known(value=155, known_at=LATER, source="usr_a")
    session = watched().after(Checked({"systolic": now}))
    facts = reckoned(session, PROTOCOL, a_watch(systolic=100), now=LATER)
    assert facts["systolic_percent_from_baseline"].value == pytest.approx(55.0)
    assert facts["systolic_percent_from_baseline"].known_at == LATER
    assert "diastolic_percent_from_baseline" not in facts


def test_where_nobody_watches_it_is_not_known_whether_an_alarm_is_open() -> None:
    assert "open_alarms" not in reckoned(watched(), PROTOCOL, None, now=LATER)
