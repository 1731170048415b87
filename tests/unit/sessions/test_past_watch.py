"""How a patient was watched at another time: against what was shown at that time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from clinic_sessions.domain.board.past import Then, alarms_then
from clinic_sessions.schemas.watch import AlarmOut, MonitoringOut
from tests.support.watching import NURSE, Bedside, minute

A_MOMENT = timedelta(milliseconds=1)


async def shown(bedside: Bedside) -> dict[str, Any]:
    seen = MonitoringOut.of(await bedside.handlers.monitor(NURSE, "ses_1"))
    return seen.model_dump(exclude={"unconfirmed"})


async def shown_of(bedside: Bedside, as_of: float, known_at: float | None = None) -> dict[str, Any]:
    then = Then(minute(as_of), minute(as_of if known_at is None else known_at))
    session = bedside.session
    if then.earlier < minute(0):
        session = replace(session, dosing_started_at=None)
    seen = MonitoringOut.of(await bedside.handlers.monitor_then(session, then))
    return seen.model_dump(exclude={"unconfirmed"})


async def test_whenever_one_asks_what_was_shown_then_is_shown_again() -> None:
    bedside = Bedside()
    await bedside.arrives(checked=True)
    live: dict[float, dict[str, Any]] = {-30: await shown(bedside)}
    await bedside.reads(-10, systolic=130)
    live[-10] = await shown(bedside)
    await bedside.starts()
    live[0] = await shown(bedside)
    for at, values in ((10, {}), (20, {"spo2": 82}), (24, {"spo2": 83}), (31, {}), (38, {})):
        await bedside.reads(at, **values)
        live[at] = await shown(bedside)
    await bedside.moves(39)
    for alarm in (await bedside.alarms()).values():
        acknowledged = await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", alarm.id)
        await bedside.handlers.close_alarm(NURSE, "ses_1", acknowledged.id, action="settled")
    await bedside.stops(40)
    live[40] = await shown(bedside)
    await bedside.moves(62)  # nobody reads
    live[62] = await shown(bedside)

    assert {at: await shown_of(bedside, at) for at in live} == live
    assert any(seen["open_alarms"] for seen in live.values())
    assert any(seen["gaps"] for seen in live.values())


async def test_a_reading_that_came_late_answers_nothing_before_it_came() -> None:
    bedside = Bedside()
    await bedside.arrives(checked=True)
    await bedside.starts()
    late = bedside.reading(10)
    await bedside.moves(15)
    await bedside.sends(replace(late, received_at=bedside.clock()))

    def states(seen: dict[str, Any]) -> list[str]:
        return [due["state"] for due in seen["due"] if due["due_at"] == minute(10)]

    assert states(await shown_of(bedside, 14, known_at=14)) == ["late"]
    assert states(await shown_of(bedside, 14, known_at=15)) == ["done"], "It was so, as is known."
    assert (await shown_of(bedside, 60, known_at=14))["as_of"] == minute(14)


async def test_a_baseline_that_came_late_was_not_known_before() -> None:
    bedside = Bedside()
    await bedside.arrives()
    early = bedside.reading(-1, systolic=118)
    await bedside.starts()
    await bedside.moves(1)
    await bedside.sends(replace(early, received_at=bedside.clock()))
    assert "systolic" not in (await shown_of(bedside, 0.5))["baseline"]
    assert (await shown_of(bedside, 1))["baseline"]["systolic"]["value"] == 118


async def test_an_alarm_is_as_it_stood_and_a_correction_beside_it_is_not_known_earlier() -> None:
    bedside = Bedside()
    await bedside.arrives(checked=True)
    await bedside.starts()
    low = await bedside.reads(5, spo2=70)
    [raised] = (await bedside.alarms()).values()
    await bedside.moves(5.5)
    await bedside.handlers.acknowledge_alarm(NURSE, "ses_1", raised.id)
    await bedside.moves(9)
    corrected = replace(low.reading, spo2=97, corrects=1, received_at=bedside.clock())
    await bedside.sends(corrected)
    everything = await bedside.ports.alarms.of_session("ses_1")

    def stood_at(at: float, known_at: float) -> list[tuple[str, list[str]]]:
        stood = alarms_then(everything, Then(minute(at), minute(known_at)))
        shown = [AlarmOut.of(alarm) for alarm in stood]
        return [(one.status, [fact.what for fact in one.history]) for one in shown]

    assert stood_at(4.9, 60) == stood_at(60, 4.9) == []
    assert stood_at(5, 60) == [("raised", ["raised"])]
    assert stood_at(8.9, 8.9) == stood_at(60, 8.9) == [("acknowledged", ["raised", "acknowledged"])]
    assert stood_at(9, 9) == [("acknowledged", ["raised", "acknowledged", "noted"])]
    assert alarms_then(everything, Then(minute(60), minute(60))) == everything
