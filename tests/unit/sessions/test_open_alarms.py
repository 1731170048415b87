"""Which alarms of a watch nobody has closed: what the discharge asks about."""

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
