"""What a publisher remembers of refusals: which keys and partitions rest, and batch sizes to try.

A broker refuses a batch as a whole, without naming the message at fault. A refused batch is tried
again in halves, and what is left of it in halves again: a message that is refused alone is at
fault, and its key rests. After its rest it is tried alone, behind all others of its partition, so
that it costs them nothing. Where many are refused alone and none is accepted, the partition rests.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from clinic_events.rests import Rests

Place: TypeAlias = tuple[str, int]  # topic and partition
Key: TypeAlias = tuple[str, bytes | None]  # topic and key
WHOLE: Final = -1  # in place of a partition: the whole topic, whose partitions are not known

# Trying a refused key costs the others a new producer; trying a partition or a topic that did not
# answer costs them the wait.
KEY_RESTS: Final = timedelta(seconds=1)
PLACE_RESTS: Final = timedelta(seconds=5)
RESTS_AT_MOST: Final = timedelta(minutes=1)
# So many messages refused alone, with none accepted between: the partition rests.
REFUSED_ALONE_AT_MOST: Final = 8
# Seconds after the last refusal. Longer than a rest, so that a rest does not restart the search.
TRIALS_FORGOTTEN_AFTER: Final = 2 * RESTS_AT_MOST.total_seconds()
ALL: Final = sys.maxsize


@dataclass(slots=True)
class Trial:
    """The batch size for one partition, `size` at most. It grows as batches are accepted, but not
    to `too_many`, a size that was refused. Times are seconds of a monotonic clock."""

    size: int = ALL
    too_many: int = ALL
    alone: int = 0  # messages refused alone, with none accepted since
    refused_at: float = 0.0


class Refusals:
    """Which keys, partitions and topics rest. `now` is seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._places: Rests[Place] = Rests(first=PLACE_RESTS, most=RESTS_AT_MOST)
        self._keys: Rests[Key] = Rests(first=KEY_RESTS, most=RESTS_AT_MOST)
        self._trials: dict[Place, Trial] = {}

    def forget_old(self, *, now: float) -> None:
        self._places.forget_old(now=now)
        self._keys.forget_old(now=now)
        for place, trial in list(self._trials.items()):
            if now > trial.refused_at + TRIALS_FORGOTTEN_AFTER:
                del self._trials[place]

    def size(self, place: Place) -> int:
        """How many messages the next batch for it may hold."""
        trial = self._trials.get(place)
        return ALL if trial is None else trial.size

    def place_rests(self, place: Place, *, now: float) -> float:
        """Seconds for which nothing is to be sent to it; 0 for none."""
        topic, _ = place
        return max(self._places.left(one, now=now) for one in ((topic, WHOLE), place))

    def key_rests(self, key: Key, *, now: float) -> float:
        """Seconds for which nothing of it is to be sent; 0 for none."""
        return self._keys.left(key, now=now)

    def in_turn(
        self, positions: Sequence[int], key_of: Callable[[int], Key], *, now: float
    ) -> tuple[Sequence[int], Sequence[int]]:
        """Of messages of one partition, those to be sent in their order, and those to be sent
        afterwards, each alone: the first of each key that was refused. What rests, and what waits
        behind another of its key, is in neither."""
        if not self._keys:
            return positions, ()
        plain = [position for position in positions if key_of(position) not in self._keys]
        firsts: dict[Key, int] = {}
        for position in positions:
            key = key_of(position)
            if key in self._keys and not self.key_rests(key, now=now):
                firsts.setdefault(key, position)
        return plain, [*firsts.values()]

    def taken(self, place: Place, keys: Iterable[Key]) -> None:
        """A batch of messages with these keys was acknowledged."""
        self._places.taken(place)
        if self._keys:
            self._keys.taken(*keys)
        trial = self._trials.get(place)
        if trial is not None:
            trial.alone = 0
            if 2 * trial.size < trial.too_many:
                trial.size *= 2

    def refused(self, place: Place, keys: Sequence[Key], *, now: float) -> None:
        """A batch of messages with these keys was refused at once."""
        trial = self._trials.setdefault(place, Trial())
        trial.refused_at = now
        if len(keys) > 1:
            trial.size, trial.too_many = len(keys) // 2, len(keys)
            return
        self._keys.refused(keys[0], now=now)
        if trial.size == 1:
            trial.too_many = ALL  # the size was not at fault
        trial.alone += 1
        if trial.alone >= REFUSED_ALONE_AT_MOST:
            self._places.refused(place, now=now)

    def unanswered(self, place: Place, *, now: float) -> None:
        self._places.refused(place, now=now)

    def found(self, topic: str) -> None:
        """Its partitions are known."""
        self._places.taken((topic, WHOLE))
