"""What tells a consumer that waits from one that has stopped."""

from datetime import timedelta

from clinic_events.kafka.pulse import Pulse


class Steady:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def a_pulse() -> tuple[Pulse, Steady]:
    steady = Steady()
    return Pulse(steady, after=timedelta(seconds=60)), steady


def test_one_that_polls_and_has_its_partitions_is_well() -> None:
    pulse, steady = a_pulse()
    pulse.joined()
    for _ in range(10):
        steady.now += 50
        pulse.polled()
    assert pulse.stalled is None


def test_one_that_polls_no_longer_has_stalled() -> None:
    pulse, steady = a_pulse()
    pulse.joined()
    steady.now += 61
    assert pulse.stalled == "polling"


def test_one_that_is_never_told_its_partitions_has_stalled_however_it_polls() -> None:
    pulse, steady = a_pulse()
    for _ in range(2):
        steady.now += 31
        pulse.polled()
    assert pulse.stalled == "joining"


def test_waiting_begins_with_each_rebalance() -> None:
    pulse, steady = a_pulse()
    steady.now += 50
    pulse.joined()
    steady.now += 50
    pulse.joins()
    steady.now += 50
    pulse.polled()
    assert pulse.stalled is None
    steady.now += 11
    pulse.polled()
    assert pulse.stalled == "joining"


def test_quiet_is_who_has_partitions_and_was_given_nothing_for_long() -> None:
    pulse, steady = a_pulse()
    steady.now += 100
    assert not pulse.is_quiet
    pulse.joined()
    steady.now += 61
    assert pulse.is_quiet
    pulse.fetched()
    assert not pulse.is_quiet
