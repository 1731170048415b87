"""Which alarms of a watch nobody has closed: what the discharge asks about."""

from dataclasses import replace

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.reckoned import reckoned
from tests.support.sessions import GATES, NOON, a_protocol, good_facts
from tests.support.watching import DATA, NURSE, Bedside, started


async def test_an_alarm_is_open_until_a_person_closes_it() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    assert (await bedside.watch()).open_alarms == ()
    await bedside.reads(6, spo2=86)
    await bedside.moves(14)
    late, low = (await bedside.alarms())["reading_late"], (await bedside.alarms())["spo2_low"]
    assert (await bedside.watch()).open_alarms == tuple(sorted((late.id, low.id)))
    for alarm in (late, low):
        await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    assert len((await bedside.watch()).open_alarms) == 2
    await bedside.handlers.close_alarm(NURSE, "ses_1", late.id, action="measured_again")
    assert (await bedside.watch()).open_alarms == (low.id,)


async def to_confirm(bedside: Bedside) -> object:
    """As the gate asks it, at this minute."""
    watch = await bedside.watch()
    again = await bedside.ports.readings.counting("ses_1")
    facts = reckoned(bedside.session, a_protocol(), watch, again=again, now=bedside.clock())
    return facts["limits_to_confirm"].value


async def test_a_limit_that_was_passed_once_waits_until_it_is_measured_again() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    assert await to_confirm(bedside) == 0
    await bedside.reads(6, systolic=165)
    await bedside.reads(7, systolic=130)  # too soon to settle it
    await bedside.reads(8.5, systolic=None)  # without a value of it
    assert await to_confirm(bedside) == 1
    await bedside.reads(9, systolic=130)
    assert await to_confirm(bedside) == 0
    await bedside.moves(12)
    assert await bedside.alarms() == {}


async def test_a_second_reading_that_passes_the_limit_is_an_alarm_and_waits_no_longer() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(6, systolic=165)
    await bedside.reads(9, systolic=166)
    assert await to_confirm(bedside) == 0
    assert len((await bedside.watch()).open_alarms) == 1


async def test_what_disproved_a_limit_and_is_corrected_away_disproves_it_no_longer() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(6, systolic=165)
    await bedside.moves(9)
    reading = bedside.reading(9, systolic=130)
    await bedside.sends(reading)
    assert await to_confirm(bedside) == 0
    await bedside.sends(replace(reading, corrects=1, systolic=None))
    assert await to_confirm(bedside) == 1


async def test_a_reading_by_a_clock_that_is_wrong_settles_no_limit() -> None:
    """A tablet whose clock is ahead sends a normal value from before: it was not measured again."""
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(6, systolic=165)
    await bedside.moves(9)
    old = await bedside.sends(bedside.reading(19, systolic=130, device="tablet_1"))
    assert old.reading.clock == "ahead"
    assert await to_confirm(bedside) == 1
    await bedside.moves(11)
    assert "systolic_high" in await bedside.alarms()


async def test_a_symptom_that_nobody_reports_is_no_reading_that_is_missing() -> None:
    """Very high pressure counts with a symptom: what waits for one does not keep anybody here."""
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(6, systolic=182)
    waiting = {one.limit_id: one.needs_reading for one in (await bedside.watch()).unconfirmed}
    assert waiting["systolic-high-with-symptoms"] is False
    assert await to_confirm(bedside) == sum(waiting.values())


ASKED = ("open_alarms", "limits_to_confirm")


def test_where_nobody_watches_it_is_not_known_whether_a_limit_waits() -> None:
    dosed = started(Bedside().session, NOON)
    assert not {*ASKED} & {*reckoned(dosed, a_protocol(), None, now=NOON)}


def test_before_a_dose_nothing_has_alarmed_where_nothing_was_read() -> None:
    facts = reckoned(Bedside().session, a_protocol(), None, now=NOON)
    assert [facts[name].value for name in ASKED] == [0, 0]


@pytest.mark.parametrize("rule_set", ["readiness-gates", "readiness-gates-esketamine"])
@pytest.mark.parametrize("fact", ASKED)
def test_no_dose_against_an_alarm(rule_set: str, fact: str) -> None:
    rules = DATA.rule_sets[rule_set]
    quiet = {name: Known(value=0, known_at=NOON, source="watch") for name in ASKED}
    alarming = {**quiet, fact: Known(value=1, known_at=NOON, source="watch")}
    found = [
        {one.rule for one in rules.decide(facts, as_of=NOON).findings}
        for facts in (quiet, alarming)
    ]
    assert ["G-ALARMS" in rules for rules in found] == [False, True]


async def shut(bedside: Bedside) -> set[str]:
    """The gates that are shut before the dose, with all else well."""
    watch, now = await bedside.watch(), bedside.clock()
    facts = reckoned(bedside.session, a_protocol(), watch, now=now)
    asked = {name: facts[name] for name in ASKED}
    return {one.rule for one in GATES.decide({**good_facts(now), **asked}, as_of=now).findings}


async def test_an_alarm_before_the_dose_shuts_the_gate_until_a_person_closes_it() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.reads(-10, spo2=86)
    assert await shut(bedside) == {"G-ALARMS"}
    alarm = (await bedside.alarms())["spo2_low"]
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
    assert await shut(bedside) == {"G-ALARMS"}
    await bedside.handlers.close_alarm(NURSE, "ses_1", alarm.id, action="oxygen_given")
    assert await shut(bedside) == set()
