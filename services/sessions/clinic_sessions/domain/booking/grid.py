"""The five minutes in which time is taken: visits begin on this grid, seats are rows of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

# An engineering choice: it bounds the rows a booking writes.
SLOT: Final = timedelta(minutes=5)
AT_MOST_KNOWN: Final = 8192  # an engineering choice: all slots of four weeks
EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def is_on_grid(at: datetime) -> bool:
    return not (at - EPOCH) % SLOT


def slot_of(at: datetime) -> int:
    """The number of the slot in which `at` is."""
    return (at - EPOCH) // SLOT


@lru_cache(maxsize=AT_MOST_KNOWN)
def instant_of(slot: int) -> datetime:
    return EPOCH + slot * SLOT


def floor(length: timedelta) -> int:
    """Whole slots before `length` is over."""
    return length // SLOT


def ceil(length: timedelta) -> int:
    """Slots until `length` is over."""
    return -(-length // SLOT)


def slots(since: datetime, until: datetime) -> Iterator[datetime]:
    """The beginnings of all slots that have a part of this time."""
    for number in range(slot_of(since), ceil(until - EPOCH)):
        yield instant_of(number)
