"""Which worker may work on which buckets, on a real MongoDB's clock."""

import asyncio
from datetime import timedelta

import pytest

from clinic_events.leases import Leases
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually


class SteadyClock:
    """A clock that a test moves, so that a lease is renewed without waiting for it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def leases(database: Mongo, owner: str, clock: SteadyClock, *, seconds: float = 10) -> Leases:
    return Leases(
        database.collection("leases"),
        name="work",
        buckets=4,
        owner=owner,
        lease=timedelta(seconds=seconds),
        monotonic=clock,
    )


async def test_one_worker_holds_all_and_two_share(database: Mongo) -> None:
    clock = SteadyClock()
    first, second = leases(database, "a", clock), leases(database, "b", clock)
    assert await first.hold() == {0, 1, 2, 3}
    assert await second.hold() == frozenset()

    clock.seconds += 4  # time to renew
    shared = await first.hold()
    clock.seconds += 4
    taken = await second.hold()

    assert len(shared) == len(taken) == 2
    assert shared | taken == {0, 1, 2, 3}


async def test_the_buckets_of_a_dead_worker_are_free_when_its_lease_has_run_out(
    database: Mongo,
) -> None:
    clock = SteadyClock()
    await leases(database, "dead", clock, seconds=0.5).hold()
    heir = leases(database, "heir", clock)

    async def takes_over() -> bool:
        clock.seconds += 4
        return await heir.hold() == {0, 1, 2, 3}

    await eventually(takes_over)


async def test_buckets_given_back_are_free_at_once(database: Mongo) -> None:
    clock = SteadyClock()
    first = leases(database, "a", clock)
    await first.hold()
    await first.release()
    assert await leases(database, "b", clock).hold() == {0, 1, 2, 3}


async def test_a_worker_that_stood_still_too_long_knows_that_it_holds_nothing(
    database: Mongo,
) -> None:
    clock = SteadyClock()
    held = leases(database, "a", clock)
    await held.hold()
    assert held.is_safe
    clock.seconds += 7.5
    assert not held.is_safe


async def test_a_worker_whose_work_fails_leaves_it_to_another_for_a_while(
    database: Mongo,
) -> None:
    clock = SteadyClock()
    cut_off, other = leases(database, "a", clock), leases(database, "b", clock)
    await cut_off.hold()
    await other.hold()
    await cut_off.note_failure()
    clock.seconds += 4
    await cut_off.note_failure()
    assert len(await cut_off.hold()) == 2, "A moment is not enough."

    clock.seconds += 6
    await cut_off.note_failure()
    assert await other.hold() == {0, 1, 2, 3}
    assert await cut_off.hold() == frozenset()
    assert not cut_off.is_safe

    clock.seconds += 10
    await cut_off.hold()  # it is back
    await other.hold()
    clock.seconds += 4
    assert len(await cut_off.hold()) == 2
    cut_off.note_success()
    clock.seconds += 20
    await cut_off.note_failure()
    assert len(await cut_off.hold()) == 2, "It begins to count again."


@pytest.mark.parametrize("is_alone", [False, True])
async def test_a_worker_that_fails_again_stays_away_longer_while_another_lives(
    database: Mongo, is_alone: bool
) -> None:
    clock = SteadyClock()
    cut_off, other = leases(database, "a", clock), leases(database, "b", clock)
    await cut_off.hold()
    await other.hold()
    for _ in range(2):  # away for ten seconds, and back
        await cut_off.note_failure()
        clock.seconds += 10
        await cut_off.hold()
    await cut_off.note_failure()  # away for twenty
    if is_alone:
        await other.release()
    clock.seconds += 10
    assert len(await cut_off.hold()) == (4 if is_alone else 0)
    clock.seconds += 10
    await cut_off.hold()
    await other.hold()
    assert len(await cut_off.hold()) > 0


async def test_where_the_work_of_all_workers_fails_one_goes_on_trying(database: Mongo) -> None:
    clock = SteadyClock()
    both = [leases(database, owner, clock) for owner in "ab"]
    for one in both:
        await one.hold()
        await one.note_failure()
    clock.seconds += 10
    await asyncio.gather(*(one.note_failure() for one in both))

    held = [await one.hold() for one in both]
    assert {0, 1, 2, 3} in held or [len(one) for one in held] == [2, 2]


async def test_a_sole_worker_never_leaves_its_work_to_itself(database: Mongo) -> None:
    """What it cannot do fails while it renews its leases."""
    clock = SteadyClock()
    alone = leases(database, "alone", clock)
    await alone.hold()
    await alone.note_failure()
    for _ in range(100):
        clock.seconds += 10  # time to renew, and failing for long enough
        held, *_ = await asyncio.gather(
            alone.hold(), alone.note_failure(), alone.hold(), alone.note_failure()
        )
        assert not alone.is_left_to_others
        assert held == {0, 1, 2, 3}


async def test_a_failure_long_after_the_last_is_the_first_again(database: Mongo) -> None:
    clock = SteadyClock()
    one, other = leases(database, "a", clock), leases(database, "b", clock)
    await one.hold()
    await other.hold()
    await one.note_failure()
    clock.seconds += 24 * 3600
    await one.note_failure()
    assert not one.is_left_to_others
    clock.seconds += 10
    await one.note_failure()
    assert one.is_left_to_others


async def test_nobody_leaves_work_to_one_that_fails_as_well(database: Mongo) -> None:
    """One stands aside, for longer and longer; then the other is the one cut off."""
    clock = SteadyClock()
    one, other = leases(database, "a", clock), leases(database, "b", clock)
    await one.hold()
    await other.hold()
    for _ in range(5):
        await one.note_failure()
        clock.seconds += 10
        await one.hold()
    await one.note_failure()
    assert one.is_left_to_others

    for _ in range(2):
        await other.note_failure()
        clock.seconds += 10
        await other.hold()
    assert not other.is_left_to_others, "There is nobody to leave it to."
    await other.note_failure()
    await other.hold()
    await one.hold()
    assert not one.is_left_to_others


async def test_a_killed_worker_leaves_no_row_behind(database: Mongo) -> None:
    clock = SteadyClock()
    for number in range(3):
        await leases(database, f"killed {number}", clock, seconds=0.01).hold()
    rows = database.collection("leases")

    async def no_other_is_left() -> bool:
        await leases(database, "lives", clock).hold()
        return await rows.count({"member_of": "work"}) == 1

    await eventually(no_other_is_left)
