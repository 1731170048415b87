"""A reading that is corrected takes no other one out of sight."""

import asyncio
from dataclasses import replace
from itertools import accumulate
from typing import Final, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.limits import Level, rank
from tests.support.watching import Bedside

FINE, HIGH, VERY_HIGH = 124, 165, 185
LEAST_LEVEL: Final[dict[int, Level]] = {HIGH: "caution", VERY_HIGH: "pause"}

# Minutes since the reading before, what it read, and after how many minutes it is made what.
Sent: TypeAlias = tuple[float, int, tuple[float, int] | None]

pressures = st.sampled_from([VERY_HIGH, HIGH, FINE])
corrections = st.none() | st.tuples(
    st.sampled_from([1.5, 0.25, 4.0, 7.0]), st.just(FINE) | pressures
)
sent = st.tuples(st.sampled_from([1.0, 0.25, 2.0, 4.0]), pressures, corrections)


async def dosed() -> Bedside:
    bedside = Bedside()
    await bedside.arrives()
    await bedside.starts()
    return bedside


async def test_what_was_left_out_beside_a_reading_waits_once_that_is_corrected() -> None:
    """Two within two minutes: only the first waits to be measured again, until it was none."""
    bedside = await dosed()
    await bedside.moves(6)
    first, second = bedside.reading(6, systolic=185), bedside.reading(7, systolic=186)
    await bedside.sends(first)
    await bedside.moves(7)
    await bedside.sends(replace(second, received_at=bedside.clock()))
    assert {one.reading_id for one in (await bedside.watch()).unconfirmed} == {first.id}

    await bedside.moves(7.5)
    await bedside.sends(replace(first, systolic=124, corrects=1, received_at=bedside.clock()))
    assert {one.reading_id for one in (await bedside.watch()).unconfirmed} == {second.id}
    await bedside.moves(12)
    alarm = (await bedside.alarms())["systolic_high"]
    assert (alarm.level, alarm.newest_cause.is_confirmed) == ("pause", False)
    await bedside.moves(15)
    assert "alarm_not_acknowledged" in bedside.called


async def test_what_is_corrected_to_a_value_beyond_the_limit_goes_on_waiting() -> None:
    bedside = await dosed()
    await bedside.moves(6)
    first = bedside.reading(6, systolic=185)
    await bedside.sends(first)
    await bedside.reads(7, systolic=186)
    anew = replace(first, systolic=187, corrects=1, received_at=bedside.clock())
    taken = await bedside.sends(anew)
    assert {one.reading_id for one in (await bedside.watch()).unconfirmed} == {taken.reading.id}


@given(st.lists(sent, min_size=2, max_size=5))
def test_whatever_is_corrected_the_last_reading_beyond_a_limit_is_never_silent(
    readings: list[Sent],
) -> None:
    last, alarms = asyncio.run(_after(readings))
    if last in LEAST_LEVEL:
        assert rank(alarms["systolic_high"].level) >= rank(LEAST_LEVEL[last])


async def _after(readings: list[Sent]) -> tuple[int, dict[str, Alarm]]:
    """What the last one holds in the end, and the alarms once the time to measure again is over."""
    bedside = await dosed()
    acts: list[tuple[float, Reading]] = []
    last = FINE
    for at, (_, value, anew) in zip(accumulate(gap for gap, *_ in readings), readings, strict=True):
        first = bedside.reading(at, systolic=value)
        acts.append((at, first))
        last = value if anew is None else anew[1]
        if anew is not None:
            acts.append((at + anew[0], replace(first, systolic=anew[1], corrects=1)))
    for at, one in sorted(acts, key=lambda act: act[0]):
        await bedside.moves(at)
        await bedside.sends(replace(one, received_at=bedside.clock()))
    await bedside.moves(max(at for at, _ in acts) + 6)
    return last, await bedside.alarms()
