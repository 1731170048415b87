"""No more of the drug against an alarm, and what a person notes during a dose alarms as well."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.against_alarms import (
    limits_to_confirm,
    may_give_device,
    may_resume,
)
from clinic_sessions.domain.bedside.alarms import Alarm, AlarmStatus
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.measured import NOTED
from clinic_sessions.domain.errors import AlarmStands
from clinic_sessions.domain.facts import (
    Arrived,
    Booked,
    Checked,
    DischargeAssessed,
    DosingStarted,
)
from clinic_sessions.domain.protocols.limits import Level, Limit
from tests.support.sessions import GATES, NOON, a_plan, a_protocol, a_visit
from tests.support.watching import DATA, NURSE, Bedside

NOBODY_ELSE = ("nurse",)
PRESCRIBER = ("nurse", "prescriber")
RAISED, ACKNOWLEDGED, CLOSED = AlarmStatus


def alarm(level: Level, status: AlarmStatus) -> Alarm:
    return Alarm(
        id="alm_1",
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        concern="systolic_high",
        level=level,
        status=status,
    )


@pytest.mark.parametrize("level", ["pause", "stop"])
def test_nobody_goes_on_against_an_alarm_that_nobody_has_seen(level: Level) -> None:
    standing = [alarm(level, RAISED)]
    with pytest.raises(AlarmStands) as refused:
        may_resume(standing, PRESCRIBER, to_confirm=[])
    details = {"id": "alm_1", "concern": "systolic_high", "level": level, "status": "raised"}
    assert refused.value.conflicts == [{"kind": "alarm", **details}]
    with pytest.raises(AlarmStands):
        may_give_device(standing, to_confirm=[])


@pytest.mark.parametrize("level", ["pause", "stop"])
def test_once_it_is_acknowledged_a_prescriber_resumes_and_nobody_gives_a_device(
    level: Level,
) -> None:
    seen = [alarm(level, ACKNOWLEDGED)]
    may_resume(seen, PRESCRIBER, to_confirm=[])
    with pytest.raises(AlarmStands):
        may_resume(seen, NOBODY_ELSE, to_confirm=[])
    with pytest.raises(AlarmStands):
        may_give_device(seen, to_confirm=[])


@pytest.mark.parametrize(("level", "status"), [("stop", CLOSED), ("caution", RAISED)])
def test_what_is_closed_or_asks_for_caution_holds_nothing(
    level: Level, status: AlarmStatus
) -> None:
    may_resume([alarm(level, status)], NOBODY_ELSE, to_confirm=[])
    may_give_device([alarm(level, status)], to_confirm=[])


def limit(level: Level) -> Limit:
    return Limit(
        id="systolic-high-2",
        parameter="systolic",
        level=level,
        at_least=180,
        message="Pause.",
        source="clinic default",
    )


@pytest.mark.parametrize("level", ["pause", "stop"])
def test_nobody_goes_on_while_a_limit_waits_to_be_measured_again(level: Level) -> None:
    details = {"id": "systolic-high-2", "concern": "systolic_high", "level": level}
    with pytest.raises(AlarmStands, match="waits to be measured again") as refused:
        may_resume([], PRESCRIBER, to_confirm=[limit(level)])
    assert refused.value.conflicts == [{"kind": "limit_to_confirm", **details}]
    assert "is open" not in str(refused.value)
    with pytest.raises(AlarmStands, match="waits to be measured again"):
        may_give_device([], to_confirm=[limit(level)])
    with pytest.raises(AlarmStands, match="waits to be measured again") as both:
        may_give_device([alarm("stop", RAISED)], to_confirm=[limit(level)])
    assert "is open" in str(both.value)
    assert [one["kind"] for one in both.value.conflicts] == ["alarm", "limit_to_confirm"]


def test_a_limit_of_caution_that_waits_holds_nothing() -> None:
    may_resume([], NOBODY_ELSE, to_confirm=[limit("caution")])
    may_give_device([], to_confirm=[limit("caution")])


async def dosed_by_devices() -> Bedside:
    """The first of the devices is given at noon."""
    bedside = Bedside()
    protocol = DATA.protocols["intranasal-esketamine-depression", 3]
    plan = replace(a_plan(), protocol=protocol.name, protocol_version=protocol.version)
    await bedside.ports.plans.open(plan)
    order = order_dose(protocol, number=1, weight_kg=82, dose_mg=56.0, ordered_by="usr_a", now=NOON)
    begun = DosingStarted(NOON, order, protocol.route, GATES.decide({}, as_of=NOON))
    await bedside.moves(0)
    for fact in (Booked(a_visit()), Arrived(NOON), begun):
        bedside.session = await bedside.ports.sessions.record(bedside.session, fact)
        await bedside.handlers.follow(bedside.session, fact)
    return bedside


async def test_the_next_device_waits_for_the_second_reading_and_not_for_the_alarm() -> None:
    bedside = await dosed_by_devices()
    await bedside.reads(6, systolic=195, diastolic=115)
    assert await bedside.alarms() == {}
    with pytest.raises(AlarmStands) as refused:
        await bedside.handlers.give_device(NURSE, "ses_1")
    assert {one["kind"] for one in refused.value.conflicts} == {"limit_to_confirm"}
    await bedside.reads(8.5)
    given = await bedside.handlers.give_device(NURSE, "ses_1")
    assert len(given.devices) == 2


async def test_a_limit_that_an_open_alarm_covers_waits_no_longer() -> None:
    """A prescriber who has seen that alarm decides."""
    bedside = await dosed()
    monitoring = a_protocol().monitoring
    await bedside.reads(6, systolic=185)
    watch, again = await bedside.watch(), await bedside.ports.readings.counting("ses_1")
    assert "systolic-high-2" in {one.id for one in limits_to_confirm(watch, monitoring, again)}
    await bedside.reads(7, systolic=205)  # counts at once
    watch = await bedside.watch()
    assert limits_to_confirm(watch, monitoring, again) == []


async def dosed() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    return bedside


async def noted(
    bedside: Bedside, at: float, values: Mapping[str, int], *, leaving: bool = False
) -> None:
    await bedside.moves(at)
    now = bedside.clock()
    facts = {n: Known(value=v, known_at=now, source="usr_ada") for n, v in values.items()}
    bedside.session = replace(bedside.session, revision=bedside.session.revision + 1)
    assessed = DischargeAssessed(facts, GATES.decide({}, as_of=now))
    await bedside.handlers.follow(bedside.session, assessed if leaving else Checked(facts))


async def test_what_a_person_notes_during_a_dose_alarms_and_answers_what_is_due() -> None:
    bedside = await dosed()
    whole = {"systolic": 124, "diastolic": 78, "heart_rate": 72, "moaas": 5}
    await noted(bedside, 10, {**whole, "spo2": 86, "weight_kg": 82})
    assert (await bedside.alarms())["spo2_low"].level == "stop"
    assert len((await bedside.watch()).answered) == 1
    [kept] = await bedside.handlers.list_readings(NURSE, "ses_1")
    assert (kept.device, kept.spo2, kept.taken_by) == (NOTED, 86, "usr_ada")


async def test_what_is_noted_on_the_way_out_confirms_what_a_monitor_sent() -> None:
    bedside = await dosed()
    await bedside.reads(6, systolic=165)
    await noted(bedside, 9, {"systolic": 166}, leaving=True)
    assert "systolic_high" in await bedside.alarms()


async def test_where_nobody_is_watched_yet_what_is_noted_begins_no_watch() -> None:
    bedside = Bedside()
    await bedside.arrives()
    await noted(bedside, -10, {"spo2": 86})
    assert await bedside.ports.watches.find("ses_1") is None
    assert await bedside.handlers.list_readings(NURSE, "ses_1") == []
