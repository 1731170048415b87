"""An alarm about one symptom never stands for another."""

from dataclasses import replace

import pytest

from clinic_sessions.domain.bedside.alarms import Alarm, AlarmStatus
from clinic_sessions.domain.bedside.crossing import Mark
from clinic_sessions.domain.bedside.watch import LatestAlarm, Unconfirmed, Watch
from tests.support.sessions import a_protocol
from tests.support.watching import NURSE, Bedside, minute

LIMITS = {limit.id: limit for limit in a_protocol().monitoring.limits}


@pytest.fixture
async def bedside() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    return bedside


async def seen(bedside: Bedside, at: float, symptom: str) -> Alarm:
    """The alarm about a symptom that was read then, once somebody has acknowledged it."""
    await bedside.reads(at, symptoms=(symptom,))
    [alarm] = (await bedside.alarms()).values()
    return await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)


async def test_an_airway_emergency_alarms_while_a_psychosis_is_seen_to(bedside: Bedside) -> None:
    psychosis = await seen(bedside, 6, "psychosis")
    await bedside.reads(7, symptoms=("psychosis", "laryngospasm"))
    alarms = {one.newest_cause.rule: one for one in (await bedside.alarms()).values()}
    assert (alarms["airway"].status, alarms["airway"].level) == (AlarmStatus.RAISED, "stop")
    assert alarms["psychosis-or-seizure"] == psychosis

    await bedside.moves(8)
    assert bedside.called == ["alarm_not_acknowledged"]


async def test_another_symptom_of_the_same_limit_raises_its_alarm_again(bedside: Bedside) -> None:
    apnoea = await seen(bedside, 6, "apnoea")
    await bedside.reads(7, symptoms=("laryngospasm",))
    [alarm] = (await bedside.alarms()).values()
    assert (alarm.id, alarm.status, alarm.round) == (apnoea.id, AlarmStatus.RAISED, 2)
    assert alarm.codes == ("apnoea", "laryngospasm")

    await bedside.moves(8)
    assert bedside.called == ["alarm_not_acknowledged"]


async def test_a_symptom_that_somebody_has_seen_raises_nothing_again(bedside: Bedside) -> None:
    apnoea = await seen(bedside, 6, "apnoea")
    await bedside.reads(7, symptoms=("apnoea",))
    assert [*(await bedside.alarms()).values()] == [apnoea]


async def test_a_symptom_from_before_a_close_alarms_if_the_alarm_was_of_another(
    bedside: Bedside,
) -> None:
    apnoea = await seen(bedside, 6, "apnoea")
    await bedside.moves(8)
    held_back = [bedside.reading(7, symptoms=(one,)) for one in ("apnoea", "laryngospasm")]
    await bedside.handlers.close_alarm(NURSE, "ses_1", apnoea.id, action="oxygen_given")
    await bedside.sends(held_back[0])
    assert len(await bedside.ports.alarms.of_session("ses_1")) == 1
    await bedside.sends(held_back[1])
    assert len(await bedside.ports.alarms.of_session("ses_1")) == 2


def test_one_symptom_that_waits_for_a_second_reading_does_not_stand_for_another() -> None:
    limit = replace(LIMITS["airway"], at_once=False)
    waiting = Unconfirmed(limit.id, limit.id, minute(5), "ses_1/monitor_1/1/1", codes=("apnoea",))
    watch = Watch(
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        protocol="iv-ketamine-depression",
        protocol_version=2,
        unconfirmed=(waiting,),
        standings={limit.concern: LatestAlarm("alm_1", "stop", 1, codes=("apnoea",))},
    )
    marks = [Mark(limit, codes=(code,)) for code in ("apnoea", "laryngospasm")]
    assert [watch.waits_for(mark, minute(6), 300) for mark in marks] == [True, False]
    assert [watch.covers(limit, mark.codes) for mark in marks] == [True, False]
