"""Lanes (one queue per key), committable offsets, and a consumer's current assignment. Pure.

Messages of one key are handled one after another; keys do not wait for each other. So messages of a
partition end out of order, and only the unbroken run from the start may be committed.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

# How many messages of one partition may wait or be under way before it is polled no further.
WINDOW: Final = 2_000
# How many bytes of messages may wait or be under way in all. Each partition has an equal share, and
# is polled no further above it: what is polled last may go beyond it by one fetch (1 MiB).
ALL_BYTES: Final = 64 * 1024 * 1024
# How many messages may come after one that does not end, before its partition is polled no further.
# All their offsets are kept in memory, and they are redelivered after a restart.
SPAN: Final = 20_000

# A key; or, for a message without one, its topic, partition and offset.
Lane: TypeAlias = bytes | tuple[str, int, int]

P = TypeVar("P")
T = TypeVar("T")


class Lanes(Generic[T]):
    """Waiting messages, in a lane per key. A lane a worker has taken from is closed to others."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, list[T]] = {}
        self._ready: deque[Lane] = deque()

    def put(self, key: Lane, item: T) -> None:
        """At the end of its lane."""
        lane = self._lanes.get(key)
        if lane is None:
            self._lanes[key] = [item]
            self._ready.append(key)
        else:
            lane.append(item)

    def take(self, most: int) -> list[tuple[Lane, list[T]]]:
        """Up to `most` items of open lanes, each lane's in order; the lane that has waited longest
        comes first. Their lanes are closed until `free` is called."""
        taken: list[tuple[Lane, list[T]]] = []
        while self._ready and most > 0:
            key = self._ready.popleft()
            lane = self._lanes[key]
            items = lane[:most]
            del lane[:most]
            taken.append((key, items))
            most -= len(items)
        return taken

    def give_back(self, key: Lane, items: Sequence[T]) -> None:
        """Items that were taken and not handled, to the front of their lane again."""
        self._lanes[key][:0] = items

    def free(self, key: Lane) -> None:
        """Open a lane again: no worker handles its items any more."""
        if self._lanes[key]:
            self._ready.append(key)
        else:
            del self._lanes[key]


class Offsets:
    """The offsets of one partition. They arrive rising, with gaps (compaction leaves some)."""

    def __init__(self) -> None:
        self._begun: deque[int] = deque()
        self._ended: set[int] = set()
        self._sizes: dict[int, int] = {}
        self.bytes = 0  # of those that have not ended
        self._next: int | None = None
        # For each fetch its last offset, and when it came.
        self._came: deque[tuple[int, float]] = deque()

    @property
    def outstanding(self) -> int:
        return len(self._begun) - len(self._ended)

    @property
    def span(self) -> int:
        """How many came from the first that has not ended on, itself and ended ones included."""
        return len(self._begun)

    @property
    def committable(self) -> int | None:
        """The first offset that has not ended, or the one after the last; None before any came."""
        return self._begun[0] if self._begun else self._next

    @property
    def expected(self) -> int | None:
        """The offset after the last that came; None before any did."""
        return self._next

    @property
    def oldest_at(self) -> float | None:
        """When the first that has not ended came."""
        return self._came[0][1] if self._came else None

    def begin(self, offsets: Sequence[int], at: float, sizes: Sequence[int] = ()) -> None:
        if offsets:
            self._sizes.update(zip(offsets, sizes, strict=False))
            self.bytes += sum(sizes)
            self._begun.extend(offsets)
            self._next = offsets[-1] + 1
            self._came.append((offsets[-1], at))

    def end(self, offsets: Iterable[int]) -> None:
        begun, ended = self._begun, self._ended
        for offset in offsets:
            ended.add(offset)
            self.bytes -= self._sizes.pop(offset, 0)
        while begun and begun[0] in ended:
            ended.remove(begun.popleft())
        while self._came and not (begun and begun[0] <= self._came[0][0]):
            self._came.popleft()


class Assignment(Generic[P]):
    """The partitions a consumer was given, from the assignment until the revocation.

    A message under way refers to the assignment it came with. Once that is closed nothing is
    committed for it, so a slow handler can never move the offsets of a later assignment.
    """

    def __init__(self, partitions: Iterable[P] = ()) -> None:
        self._offsets = {partition: Offsets() for partition in partitions}
        self._committed: dict[P, int] = {}
        self.is_open = True

    @property
    def partitions(self) -> list[P]:
        return list(self._offsets)

    @property
    def outstanding(self) -> int:
        return sum(offsets.outstanding for offsets in self._offsets.values())

    @property
    def oldest_at(self) -> float | None:
        """When the first message that has not ended came; None when there is none."""
        times = [offsets.oldest_at for offsets in self._offsets.values()]
        return min((at for at in times if at is not None), default=None)

    def close(self) -> None:
        self.is_open = False

    def ready(self, window: int = WINDOW, span: int = SPAN, all_bytes: int = ALL_BYTES) -> list[P]:
        """The partitions with room for more."""
        share = all_bytes // max(1, len(self._offsets))
        return [
            partition
            for partition, offsets in self._offsets.items()
            if offsets.outstanding < window and offsets.span < span and offsets.bytes < share
        ]

    def begin(
        self, partition: P, offsets: Sequence[int], at: float, sizes: Sequence[int] = ()
    ) -> None:
        """Messages of these sizes were fetched together, at `at` by a monotonic clock."""
        self._offsets[partition].begin(offsets, at, sizes)

    def end(self, partition: P, offsets: Iterable[int]) -> None:
        self._offsets[partition].end(offsets)

    def reached(self, partition: P) -> int | None:
        return self._offsets[partition].committable

    def expected(self, partition: P) -> int | None:
        """The next offset to be fetched of it; None before anything was."""
        return self._offsets[partition].expected

    def to_commit(self) -> dict[P, int]:
        """Offsets that may be committed and are not yet. Never below an earlier commit."""
        reached = {p: offsets.committable for p, offsets in self._offsets.items()}
        return {
            p: offset
            for p, offset in reached.items()
            if offset is not None and offset > self._committed.get(p, -1)
        }

    def committed(self, offsets: dict[P, int]) -> None:
        self._committed.update(offsets)
