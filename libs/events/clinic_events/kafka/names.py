"""Makes the driver read messages whose header names are not UTF-8, instead of raising.

Where it raises, neither that message nor any behind it in its batch could be reached by any offset.
Such a batch is read a second time, by the driver's slower reader, with the bytes of such a name
escaped. Whether the message is an event, `codec.py` decides.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

LENGTH: Final = struct.Struct(">i")
BEFORE_LENGTH: Final = 8  # bytes: the offset of the batch's first message
OVERHEAD: Final = BEFORE_LENGTH + LENGTH.size
MAGIC_AT: Final = 16
BATCHED: Final = 2  # the format of all batches since Kafka 0.11: older ones have no headers


class Escaped(bytearray):
    """Bytes whose slices always decode, with bytes that are not UTF-8 escaped."""

    def __getitem__(self, at: Any) -> Any:
        piece = super().__getitem__(at)
        return Escaped(piece) if isinstance(piece, bytearray) else piece

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)


class Batch:
    """The driver's batch, read again with names escaped where one is not UTF-8."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        count = 0
        try:
            for record in self._batch:
                count += 1
                yield record
        except (UnicodeDecodeError, CorruptRecordException):
            yield from islice(_escaped(self._raw), count, None)


class Records:
    """One fetch's records of one partition, in place of the driver's `MemoryRecords`."""

    def __init__(self, raw: bytes) -> None:
        self._records = MemoryRecords(raw)
        self._raw = memoryview(raw)
        self._at = 0

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def next_batch(self) -> Any:
        batch, at = self._records.next_batch(), self._at
        [length] = LENGTH.unpack_from(self._raw, at + BEFORE_LENGTH)
        self._at = at + OVERHEAD + length
        is_plain = self._raw[at + MAGIC_AT] < BATCHED or batch.is_control_batch
        return batch if is_plain else Batch(batch, self._raw[at : self._at])


def accept_any_header_name() -> None:
    """Patch the driver, for every consumer of this process from now on."""
    fetcher.MemoryRecords = Records


def _escaped(raw: memoryview) -> Iterator[Any]:
    batch: Any = _DefaultRecordBatchPy(raw)
    batch._maybe_uncompress()
    batch._buffer = Escaped(batch._buffer)
    return iter(batch)
