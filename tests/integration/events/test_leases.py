"""Who may work on which share, on a real MongoDB's clock."""

from datetime import timedelta

from clinic_events.leases import Leases
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually


class SteadyClock:
    """Seconds that pass when told, so that a lease is renewed without waiting for it."""

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


async def test_what_a_dead_worker_held_is_free_when_its_lease_has_run_out(database: Mongo) -> None:
    clock = SteadyClock()
    await leases(database, "dead", clock, seconds=0.5).hold()
    heir = leases(database, "heir", clock)

    async def takes_over() -> bool:
        clock.seconds += 4
        return await heir.hold() == {0, 1, 2, 3}

    await eventually(takes_over)


async def test_what_is_given_back_is_free_at_once(database: Mongo) -> None:
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
