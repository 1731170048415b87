"""What a dose is: milligrams, millilitres and a rate, by weight or by device."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.app import protocols
from clinic_sessions.domain.bedside import dosing
from clinic_sessions.domain.bedside.dose import DoseOrder, Prepared, order_dose
from clinic_sessions.domain.bedside.giving import RateSet, mg_given
from clinic_sessions.domain.errors import (
    DeviceTooSoon,
    DilutionNeeded,
    DosedOtherwise,
    DoseOutsideBounds,
    FirstDoseIsAnother,
    NoSuchDose,
    NotNow,
    NotSlower,
    StepTooLarge,
    StoppedEarly,
)
from clinic_sessions.domain.facts import Arrived, Checked, DoseOrdered, DosingStarted
from clinic_sessions.domain.protocols.protocol import FixedDoses, Protocol
from clinic_sessions.domain.session import Session
from tests.support.sessions import GATES, NOON, a_protocol, a_session, good_facts

PROTOCOL = a_protocol()
OPEN = GATES.decide(good_facts(NOON), as_of=NOON)
BY_DEVICE = FixedDoses(
    doses_mg=(56.0, 84.0), start_mg=56.0, device_mg=28.0, between_devices=timedelta(minutes=5)
)


def by_devices() -> Protocol:
    giving = replace(
        PROTOCOL.giving, concentration_mg_per_ml=None, fastest=None, dilute_above_mg_per_ml=None
    )
    return replace(PROTOCOL, route="intranasal", dose=BY_DEVICE, giving=giving)


def of_strength(mg_per_ml: float) -> Protocol:
    giving = replace(PROTOCOL.giving, concentration_mg_per_ml=mg_per_ml)
    return replace(PROTOCOL, giving=giving)


def ordered(
    mg_per_kg: float | None = 0.5,
    *,
    protocol: Protocol | None = None,
    weight_kg: float = 82,
    dose_mg: float | None = None,
    last: float | None = None,
    reason: str | None = None,
) -> DoseOrder:
    return order_dose(
        protocol or PROTOCOL,
        number=1,
        weight_kg=weight_kg,
        mg_per_kg=mg_per_kg,
        dose_mg=dose_mg,
        last_mg_per_kg=last,
        step_reason=reason,
        ordered_by="usr_a",
        now=NOON,
    )


def dosed(order: DoseOrder | None = None) -> Session:
    """Since noon."""
    order = order or ordered()
    return a_session(Arrived(NOON), DosingStarted(NOON, order, "iv", OPEN, "usr_a"))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_82_kg_at_half_a_milligram_are_41_mg_in_0_82_ml_at_1_025_mg_a_minute() -> None:
    order = ordered()
    assert (order.dose_mg, order.volume_ml, order.rate_mg_per_min) == (41.0, 0.82, 1.025)


@given(st.floats(30, 100), st.floats(0.3, 1.5))
def test_rate_times_time_and_volume_times_strength_are_the_dose(
    kg: float, mg_per_kg: float
) -> None:
    order = ordered(round(mg_per_kg, 2), weight_kg=round(kg, 1), last=round(mg_per_kg, 2))
    assert order.volume_ml is not None
    assert order.rate_mg_per_min is not None
    assert order.dose_mg == pytest.approx(order.mg_per_kg * order.weight_kg, abs=0.0051)
    assert order.volume_ml * 50 == pytest.approx(order.dose_mg, abs=0.026)
    assert order.rate_mg_per_min * 40 == pytest.approx(order.dose_mg, abs=0.003)


@pytest.mark.parametrize(
    ("mg_per_kg", "weight_kg", "bound"),
    [(0.29, 82, "least"), (1.51, 82, "hard_most"), (1.5, 101, "absolute")],
)
def test_a_dose_outside_the_bounds_is_refused_with_the_bound(
    mg_per_kg: float, weight_kg: float, bound: str
) -> None:
    with pytest.raises(DoseOutsideBounds) as refused:
        ordered(mg_per_kg, weight_kg=weight_kg)
    assert refused.value.conflicts[0]["kind"] == bound


def test_a_dose_above_the_soft_bound_is_ordered_and_marked() -> None:
    assert ordered(1.1, last=1.0).above_soft_limit
    assert not ordered(1.0, last=1.0).above_soft_limit


def test_nothing_runs_faster_than_the_protocol_allows() -> None:
    giving = replace(PROTOCOL.giving, lasts=timedelta(minutes=1))
    quick = replace(PROTOCOL, giving=giving)
    assert ordered(0.5, protocol=quick).rate_mg_per_min == 41.0
    with pytest.raises(DoseOutsideBounds) as refused:
        ordered(0.51, protocol=quick)
    assert refused.value.conflicts[0]["kind"] == "fastest"


def test_a_first_dose_far_from_where_the_protocol_starts_needs_the_prescribers_word() -> None:
    with pytest.raises(StepTooLarge) as refused:
        ordered(0.8)
    assert refused.value.conflicts == [
        {"kind": "step", "start": 0.5, "limit": 0.25, "unit": "mg/kg"}
    ]
    assert ordered(0.8, reason="tolerance").dose_mg == 65.6
    assert ordered(0.75).dose_mg == 61.5


def test_a_step_beyond_the_protocols_needs_the_prescribers_reason() -> None:
    assert ordered(0.75, last=0.5).step_reason is None
    with pytest.raises(StepTooLarge) as refused:
        ordered(0.76, last=0.5)
    assert refused.value.conflicts == [
        {"kind": "step", "last": 0.5, "limit": 0.25, "unit": "mg/kg"}
    ]
    with pytest.raises(StepTooLarge):
        ordered(0.5, last=1.0)  # down is a step, too
    assert ordered(0.9, last=0.5, reason="partial_response").step_reason == "partial_response"


def test_a_fixed_dose_is_so_many_devices_and_nothing_by_weight() -> None:
    order = ordered(None, protocol=by_devices(), dose_mg=84.0, last=0.7)
    assert (order.devices, order.volume_ml, order.rate_mg_per_min) == (3, None, None)
    with pytest.raises(NoSuchDose):
        ordered(None, protocol=by_devices(), dose_mg=60.0)
    with pytest.raises(DosedOtherwise):
        ordered(0.5, protocol=by_devices())
    with pytest.raises(DosedOtherwise):
        ordered(0.5, dose_mg=41.0)


def test_a_strength_that_must_be_diluted_is_not_prepared_undiluted() -> None:
    order = ordered(protocol=of_strength(100))
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(order))
    with pytest.raises(DilutionNeeded):
        dosing.prepare(session, 1, PROTOCOL.giving, by="usr_b", is_diluted=False, now=NOON)
    prepared = dosing.prepare(session, 1, PROTOCOL.giving, by="usr_b", is_diluted=True, now=NOON)
    assert prepared.order.prepared == Prepared(by="usr_b", at=NOON, is_diluted=True)
    assert not ordered(protocol=of_strength(50)).needs_dilution


def test_what_went_in_follows_from_rate_time_and_pauses() -> None:
    session = dosed()
    session = session.after(dosing.hold(session, "distress", by="usr_a", now=at(10)))
    assert session.is_paused
    session = session.after(dosing.resume(session, "calm", by="usr_a", now=at(15)))
    session = session.after(dosing.slow(session, 0.5, "nausea", by="usr_a", now=at(25)))
    assert session.mg_given(at(35)) == pytest.approx(10 * 1.025 + 10 * 1.025 + 10 * 0.5)
    assert [change.why for change in session.rates] == ["started", "paused", "resumed", "slowed"]


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(0, 60)), min_size=1, max_size=6))
def test_never_more_goes_in_than_was_drawn_up_and_never_less_later(
    changes: list[tuple[float, int]],
) -> None:
    now, rates = NOON, []
    for rate, minutes in changes:
        rates.append(RateSet(at=now, rate_mg_per_min=rate, why="slowed", reason="x", by="usr_a"))
        now += timedelta(minutes=minutes)
    sooner = mg_given(ordered(), rates, (), now)
    later = mg_given(ordered(), rates, (), now + timedelta(minutes=5))
    assert sooner is not None
    assert later is not None
    assert 0 <= sooner <= later <= 41.0


def test_nothing_goes_in_after_an_end_that_was_corrected_to_before_a_pause() -> None:
    session = dosed()
    session = session.after(dosing.hold(session, "distress", by="usr_a", now=at(30)))
    session = session.after(dosing.resume(session, "calm", by="usr_a", now=at(32)))
    assert mg_given(ordered(), session.rates, (), at(20)) == 20.5


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(0, 60)), min_size=1, max_size=6),
    st.integers(0, 200),
)
def test_what_is_changed_later_than_the_end_makes_no_difference(
    changes: list[tuple[float, int]], end: int
) -> None:
    starts = accumulate((minutes for _, minutes in changes), initial=0)
    rates = [
        RateSet(at=at(minute), rate_mg_per_min=rate, why="slowed", reason="x", by="usr_a")
        for minute, (rate, _) in zip(starts, changes, strict=False)
    ]
    before = [one for one in rates if one.at <= at(end)]
    assert mg_given(ordered(), rates, (), at(end)) == mg_given(ordered(), before, (), at(end))


def test_slowing_makes_it_slower_and_never_stands_still() -> None:
    for rate in (1.025, 1.2, 0.0):
        with pytest.raises(NotSlower):
            dosing.slow(dosed(), rate, "nausea", by="usr_a", now=at(5))


def test_a_pause_is_ended_before_the_next_and_only_a_pause_is() -> None:
    session = dosed()
    with pytest.raises(NotNow) as refused:
        dosing.resume(session, "calm", by="usr_a", now=at(5))
    assert refused.value.allowed == ["pause", "slow", "stop"]
    session = session.after(dosing.hold(session, "distress", by="usr_a", now=at(5)))
    with pytest.raises(NotNow) as refused:
        dosing.hold(session, "distress", by="usr_a", now=at(6))
    assert refused.value.allowed == ["resume", "stop"]


def test_stopping_with_part_of_the_dose_out_needs_a_reason() -> None:
    with pytest.raises(StoppedEarly):
        dosing.stop(dosed(), None, by="usr_a", now=at(20))
    stopped = dosed().after(dosing.stop(dosed(), "distress", by="usr_a", now=at(20)))
    assert (stopped.mg_given(at(90)), stopped.stopped_because) == (20.5, "distress")
    assert dosing.stop(dosed(), None, by="usr_a", now=at(40)).reason == "dose_given"


def test_devices_are_given_one_by_one_with_the_rest_between_them() -> None:
    session = dosed(ordered(None, protocol=by_devices(), dose_mg=56.0))
    assert session.mg_given(at(1)) == 28.0
    with pytest.raises(DeviceTooSoon):
        dosing.give_device(session, by_devices(), by="usr_a", now=at(4))
    session = session.after(dosing.give_device(session, by_devices(), by="usr_a", now=at(5)))
    assert session.mg_given(at(6)) == 56.0
    with pytest.raises(NotNow):
        dosing.give_device(session, by_devices(), by="usr_a", now=at(15))
    with pytest.raises(NotNow):
        dosing.give_device(dosed(), a_protocol(), by="usr_a", now=at(15))


def test_a_first_dose_that_the_protocol_does_not_begin_with_has_the_prescribers_reason() -> None:
    with pytest.raises(FirstDoseIsAnother) as refused:
        ordered(None, protocol=by_devices(), dose_mg=84.0)
    assert refused.value.conflicts == [{"kind": "step", "start": 56.0, "unit": "mg"}]
    assert ordered(None, protocol=by_devices(), dose_mg=56.0).devices == 2
    reason = "had_it_elsewhere"
    order = ordered(None, protocol=by_devices(), dose_mg=84.0, reason=reason)
    assert (order.devices, order.step_reason) == (3, reason)
    assert ordered(None, protocol=by_devices(), dose_mg=84.0, last=0.7).devices == 3


def test_every_version_of_esketamine_begins_with_56_mg() -> None:
    doses = {p.version: p.dose for p in protocols().values() if p.drug == "esketamine"}
    starts = {n: dose.start_mg for n, dose in doses.items() if isinstance(dose, FixedDoses)}
    assert starts == {1: 56.0, 2: 56.0, 3: 56.0}
