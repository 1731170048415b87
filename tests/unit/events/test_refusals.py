"""What a publisher tries after a refusal: the message at fault is found, and no other waits."""

from collections.abc import Callable, Sequence
from math import ceil, log2
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from clinic_events.kafka.refusals import (
    KEY_RESTS,
    PLACE_RESTS,
    REFUSED_ALONE_AT_MOST,
    RESTS_AT_MOST,
    TRIALS_FORGOTTEN_AFTER,
    WHOLE,
    Key,
    Refusals,
)

TOPIC: Final = "a.topic"
PLACE: Final = (TOPIC, 0)
OTHER: Final = (TOPIC, 1)


class Partition:
    """One that is published to in rounds, as the publisher does it: a refusal ends a round."""

    def __init__(self, refuses: Callable[[Sequence[int]], bool], key_of: Callable[[int], Key]):
        self._refuses = refuses
        self._key_of = key_of
        self.refusals = Refusals()
        self.taken: list[int] = []
        self.refused = 0

    def published(self, messages: Sequence[int], *, now: float) -> list[int]:
        """Rounds without end, until all that is left rests. That."""
        left = list(messages)
        while left:
            if not self._round(left, now):
                break
            left = [n for n in left if n not in self.taken]
        return left

    def _round(self, messages: Sequence[int], now: float) -> bool:
        """Whether anything was tried."""
        if self.refusals.place_rests(PLACE, now=now):
            return False
        plain, alone = self.refusals.in_turn(messages, self._key_of, now=now)
        begun = 0
        while begun < len(plain):
            batch = plain[begun : begun + self.refusals.size(PLACE)]
            if not self._try(batch, now):
                return True
            begun += len(batch)
        for one in alone:
            if not self._try([one], now):
                return True
        return bool(plain) or bool(alone)

    def _try(self, batch: Sequence[int], now: float) -> bool:
        keys = [self._key_of(number) for number in batch]
        if self._refuses(batch):
            self.refused += 1
            self.refusals.refused(PLACE, keys, now=now)
            return False
        self.taken += batch
        self.refusals.taken(PLACE, keys)
        return True


def a_key(number: int) -> Key:
    return TOPIC, str(number).encode()


def of_seven(number: int) -> Key:
    return a_key(number % 7)


@given(
    count=st.integers(1, 200),
    guilty=st.sets(st.integers(0, 199), max_size=REFUSED_ALONE_AT_MOST - 1),
    room=st.integers(1, 250),
)
def test_all_but_the_keys_of_what_is_refused_are_taken_once_in_order_and_without_a_rest(
    count: int, guilty: set[int], room: int
) -> None:
    """Some messages are refused always, and a batch of more than there is room for."""
    partition = Partition(lambda b: len(b) > room or not guilty.isdisjoint(b), of_seven)
    left = partition.published(range(count), now=0)
    first: dict[Key, int] = {}
    for number in sorted(guilty):
        first.setdefault(of_seven(number), number)
    free = [n for n in range(count) if n < first.get(of_seven(n), count)]
    assert sorted(partition.taken) == free, "Each once."
    assert left == [n for n in range(count) if n not in free]
    by_key = [[n for n in partition.taken if n % 7 == key] for key in range(7)]
    assert by_key == [sorted(numbers) for numbers in by_key]
    assert partition.refused <= (len(first) + 1) * (ceil(log2(count + 1)) + 1)


def test_a_message_refused_alone_costs_the_others_nothing_when_it_is_tried_again() -> None:
    partition = Partition(lambda batch: 100 in batch, a_key)
    assert partition.published(range(200), now=0) == [100]
    refused, now = partition.refused, KEY_RESTS.total_seconds()
    assert partition.published([100, *range(200, 400)], now=now) == [100]
    assert partition.taken[-200:] == [*range(200, 400)]
    assert partition.refused == refused + 1, "It alone, behind the others."
    assert partition.refusals.key_rests(a_key(100), now=now) == 2 * now


def test_a_key_that_is_taken_again_is_as_any_other() -> None:
    sick = {3}
    partition = Partition(lambda batch: not sick.isdisjoint(batch), lambda n: a_key(min(n, 3)))
    assert partition.published(range(10), now=0) == [3, 4, 5, 6, 7, 8, 9]
    sick.clear()
    assert partition.published(range(3, 10), now=0.5) == [3, 4, 5, 6, 7, 8, 9]
    assert partition.published(range(3, 10), now=1.5) == []
    assert partition.taken == [*range(10)]


def test_a_partition_that_refuses_all_rests_after_a_few_and_no_longer_than_a_minute() -> None:
    partition = Partition(lambda _: True, a_key)
    left, now = [*range(200)], 0.0
    assert partition.published(left, now=now) == left
    assert partition.refused == len([200, 100, 50, 25, 12, 6, 3]) + REFUSED_ALONE_AT_MOST
    rest = partition.refusals.place_rests(PLACE, now=now)
    assert rest == PLACE_RESTS.total_seconds()
    for _ in range(10):
        now, refused = now + rest, partition.refused
        assert partition.published(left, now=now) == left
        assert partition.refused == refused + 1, "One alone is tried."
        rest = partition.refusals.place_rests(PLACE, now=now)
    assert rest == RESTS_AT_MOST.total_seconds()
    assert not partition.refusals.place_rests(OTHER, now=now)


def test_however_many_are_refused_in_front_the_others_get_their_turn() -> None:
    partition = Partition(lambda batch: min(batch) < 20, a_key)
    left, now = [*range(25)], 0.0
    while len(partition.taken) < 5:
        left = partition.published(left, now=now)
        now += partition.refusals.place_rests(PLACE, now=now)
    assert partition.taken == [20, 21, 22, 23, 24]
    assert now <= 12 * RESTS_AT_MOST.total_seconds()


def test_how_many_were_too_many_is_tried_again_after_a_while() -> None:
    room = [4]
    partition = Partition(lambda batch: len(batch) > room[0], a_key)
    partition.published(range(16), now=0)
    assert partition.refusals.size(PLACE) == 4
    room[0] = 200
    partition.refusals.forget_old(now=TRIALS_FORGOTTEN_AFTER)
    assert partition.refusals.size(PLACE) == 4
    partition.refusals.forget_old(now=TRIALS_FORGOTTEN_AFTER + 1)
    assert partition.refusals.size(PLACE) > 200


def test_of_a_topic_of_which_nothing_is_known_all_partitions_rest() -> None:
    refusals = Refusals()
    refusals.unanswered((TOPIC, WHOLE), now=0)
    assert refusals.place_rests(OTHER, now=0) == PLACE_RESTS.total_seconds()
    assert not refusals.place_rests(("another", 0), now=0)
    refusals.found(TOPIC)
    assert not refusals.place_rests(OTHER, now=0)
