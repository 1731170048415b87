"""The gates know what the devices read."""

from dataclasses import replace
from datetime import timedelta

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.measured import measured
from clinic_sessions.domain.facts import Checked
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
    raised = bedside.handlers.noted(NURSE, {"systolic": 150, "diastolic": 92})
    bedside.session = bedside.session.after(Checked(raised))
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
    assert measured(session, {"systolic": read}).facts == {"systolic": noted}
    before = replace(noted, known_at=NOON - timedelta(hours=1))
    after = measured(replace(session, facts={"systolic": before}), {"systolic": read}).facts
    assert after["systolic"] == Known(value=150, known_at=minute(-10), source=read.id)


def test_a_saturation_that_may_be_under_oxygen_shuts_a_gate_and_opens_none() -> None:
    bedside = Bedside()
    low, high = (bedside.reading(-5, spo2=value, received_at=minute(-5)) for value in (88, 99))
    noted = Known(value=91, known_at=minute(-30), source="usr_ada")
    session = replace(bedside.session, facts={"spo2": noted})
    assert measured(session, {"spo2": high}).facts["spo2"] == noted
    assert measured(session, {"spo2": low}).facts["spo2"].value == 88
    assert "spo2" not in measured(bedside.session, {"spo2": high}).facts


def test_gates_see_readings_for_as_long_as_any_of_them_takes_one_for_known() -> None:
    asked = (rule for rules in DATA.rule_sets.values() for rule in rules.rules)
    of_numbers = [rule for rule in asked if rule.when.names & {*NUMBERS}]
    longest = max(rule.fresh_for for rule in of_numbers if rule.fresh_for is not None)
    assert all(rule.fresh_for is not None for rule in of_numbers)
    assert POLICY.gates_look_back == longest
