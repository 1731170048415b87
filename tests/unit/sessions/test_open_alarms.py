"""Which alarms of a watch nobody has closed: what the discharge asks about."""

from dataclasses import replace

from clinic_sessions.domain.bedside.reckoned import reckoned
from tests.support.sessions import NOON, a_protocol
from tests.support.watching import NURSE, Bedside


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
    await bedside.reads(8.5, systolic=None)  # says nothing of it
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


async def test_a_symptom_that_nobody_reports_is_no_reading_that_is_missing() -> None:
    """Very high pressure counts with a symptom: what waits for one does not keep anybody here."""
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    await bedside.reads(6, systolic=182)
    waiting = {one.limit_id: one.needs_reading for one in (await bedside.watch()).unconfirmed}
    assert waiting["systolic-high-with-symptoms"] is False
    assert await to_confirm(bedside) == sum(waiting.values())


def test_where_nobody_watches_it_is_not_known_whether_a_limit_waits() -> None:
    facts = reckoned(Bedside().session, a_protocol(), None, now=NOON)
    assert "limits_to_confirm" not in facts
