"""The gates know what the devices read."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.measured import measured
from clinic_sessions.domain.bedside.reading import ClockState
from clinic_sessions.domain.facts import Checked, DosingStopped
from clinic_sessions.domain.protocols.limits import NUMBERS
from tests.support.sessions import NOON, a_location
from tests.support.sessions_gates import waived_at
from tests.support.watching import DATA, NURSE, POLICY, Bedside, minute


def shut(gates: Gates) -> set[str]:
    return {finding.rule for finding in gates.shut}


async def at_a_place() -> Bedside:
    bedside, location = Bedside(), a_location()
    await bedside.ports.locations.record(location, location.describe(location.details))
    return bedside


async def shut_before_a_dose(bedside: Bedside) -> set[str]:
    known = await bedside.handlers.known_of(bedside.session)
    return shut(await bedside.handlers.readiness_of(bedside.session, known))


async def shut_on_the_way_out(bedside: Bedside) -> set[str]:
    known = await bedside.handlers.known_of(bedside.session)
    return shut(await bedside.handlers.discharge_of(bedside.session, known))


def noted(bedside: Bedside, **values: int) -> None:
    bedside.session = bedside.session.after(Checked(bedside.handlers.noted(NURSE, values)))


def clock_of(is_right: bool) -> ClockState:
    return "right" if is_right else "behind"


async def before_esketamine(bedside: Bedside) -> Gates:
    known = await bedside.handlers.known_of(bedside.session)
    return await bedside.handlers.decided(bedside.session, known, "readiness-gates-esketamine")


async def test_a_pressure_that_is_read_after_the_check_shuts_the_gate() -> None:
    bedside = await at_a_place()
    await bedside.arrives(checked=True)
    assert "G-BP-HIGH" not in await shut_before_a_dose(bedside)
    await bedside.reads(-10, systolic=178, diastolic=104)
    assert "G-BP-HIGH" in await shut_before_a_dose(bedside)
    await bedside.reads(-5, systolic=131, diastolic=82)
    assert "G-BP-HIGH" not in await shut_before_a_dose(bedside)


async def test_a_first_reading_that_passes_no_limit_shuts_the_gate_whose_cut_it_passes() -> None:
    bedside = await at_a_place()
    await bedside.arrives(checked=True)
    assert "G-SEDATION" not in await shut_before_a_dose(bedside)
    await bedside.reads(-10, moaas=4)
    assert await bedside.ports.watches.find("ses_1") is None
    assert "G-SEDATION" in await shut_before_a_dose(bedside)


async def test_a_first_reading_above_140_90_shuts_the_gate_before_esketamine() -> None:
    bedside = await at_a_place()
    await bedside.arrives(checked=True)
    assert "G-BP-RAISED" not in shut(await before_esketamine(bedside))
    await bedside.reads(-10, systolic=155, diastolic=95)
    assert "G-BP-RAISED" in shut(await before_esketamine(bedside))


async def test_a_first_reading_of_another_pressure_ends_the_waiver_of_what_was_noted() -> None:
    bedside = await at_a_place()
    await bedside.arrives(checked=True)
    noted(bedside, systolic=150, diastolic=92)
    seen = await before_esketamine(bedside)
    bedside.session = waived_at(bedside.session, seen, "G-BP-RAISED")
    assert "G-BP-RAISED" not in shut(await before_esketamine(bedside))
    await bedside.reads(-10, systolic=158, diastolic=98)
    assert "G-BP-RAISED" in shut(await before_esketamine(bedside))
    await bedside.reads(-8, systolic=150, diastolic=92)
    assert "G-BP-RAISED" in shut(await before_esketamine(bedside))


async def test_gates_see_all_since_a_limit_waits_and_else_no_further_than_they_look() -> None:
    """However long ago it was passed: what was read since may have settled it."""
    seen = []
    for systolic in (165, 130):  # beyond a limit, and within
        bedside = await at_a_place()
        await bedside.arrives()
        await bedside.starts()
        await bedside.reads(6, systolic=systolic)
        await bedside.reads(9, systolic=130)
        bedside.clock.move_to(minute(80))  # and nobody kept a promise meanwhile
        known = await bedside.handlers.known_of(bedside.session)
        seen.append([one.systolic for one in known.readings])
    assert seen == [[165, 130], []]


def test_what_is_newer_counts_whoever_measured_it() -> None:
    bedside = Bedside()
    read = bedside.reading(-10, systolic=150, received_at=minute(-10))
    noted = Known(value=140, known_at=minute(-5), source="usr_ada")
    session = replace(bedside.session, facts={"systolic": noted})
    assert measured(session, [read]).facts["systolic"] == noted
    before = replace(noted, known_at=NOON - timedelta(hours=1))
    after = measured(replace(session, facts={"systolic": before}), [read]).facts
    assert after["systolic"] == Known(value=150, known_at=minute(-10), source=read.id)


def test_a_saturation_that_may_be_under_oxygen_shuts_a_gate_and_opens_none() -> None:
    bedside = Bedside()
    low, high = (bedside.reading(-5, spo2=value, received_at=minute(-5)) for value in (88, 99))
    noted = Known(value=91, known_at=minute(-30), source="usr_ada")
    session = replace(bedside.session, facts={"spo2": noted})
    assert measured(session, [high]).facts["spo2"] == noted
    assert measured(session, [low]).facts["spo2"].value == 88
    assert "spo2" not in measured(bedside.session, [high]).facts


@given(st.lists(st.tuples(st.integers(-60, -1), st.integers(70, 100), st.booleans()), max_size=8))
def test_the_saturation_is_the_lowest_since_the_note_in_whatever_order_it_was_read(
    read: list[tuple[int, int, bool]],
) -> None:
    bedside = Bedside()
    readings = [
        replace(bedside.reading(at, spo2=value, received_at=minute(at)), clock=clock_of(is_right))
        for at, value, is_right in read
    ]
    noted = Known(value=95, known_at=minute(-30), source="usr_ada")
    session = replace(bedside.session, facts={"spo2": noted})
    count = [value for at, value, is_right in read if at > -30 and is_right]
    assert measured(session, readings).facts["spo2"].value == min([95, *count])


async def test_a_low_saturation_before_the_dose_is_not_undone_by_a_device_but_by_a_note() -> None:
    bedside = await at_a_place()
    await bedside.arrives(checked=True)
    await bedside.reads(-20, spo2=90)
    [alarm] = (await bedside.alarms()).values()
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    await bedside.reads(-15, spo2=99)
    assert "G-SPO2" in await shut_before_a_dose(bedside)
    bedside.clock.move_to(minute(-10))
    noted(bedside, spo2=97)
    assert "G-SPO2" not in await shut_before_a_dose(bedside)


async def test_nobody_leaves_by_an_old_note_once_a_device_has_read_less() -> None:
    bedside = await at_a_place()
    await bedside.arrives(checked=True)
    await bedside.starts()
    await bedside.stops(40)
    bedside.session = bedside.session.after(DosingStopped(bedside.clock()))
    await bedside.moves(90)
    noted(bedside, spo2=97)
    assert "D-SPO2" not in await shut_on_the_way_out(bedside)
    for at, spo2 in ((95, 93), (98, 99)):
        await bedside.reads(at, spo2=spo2)
        assert "D-SPO2" in await shut_on_the_way_out(bedside)
    bedside.clock.move_to(minute(100))
    noted(bedside, spo2=96)
    assert "D-SPO2" not in await shut_on_the_way_out(bedside)


def test_gates_see_readings_for_as_long_as_any_of_them_takes_one_for_known() -> None:
    asked = (rule for rules in DATA.rule_sets.values() for rule in rules.rules)
    of_numbers = [rule for rule in asked if rule.when.names & {*NUMBERS}]
    longest = max(rule.fresh_for for rule in of_numbers if rule.fresh_for is not None)
    assert all(rule.fresh_for is not None for rule in of_numbers)
    assert POLICY.gates_look_back == longest
