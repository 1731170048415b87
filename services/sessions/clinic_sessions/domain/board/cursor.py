"""How far somebody has seen a board: opaque to them, the same in every process of the service."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

STAMP_MOST: Final = 2**32 - 1  # either part of a stamp is kept in 32 bits


@dataclass(frozen=True, slots=True)
class Cursor:
    """The board's day, and the newest stamp of the log that was seen: seconds and a count within.

    It does not mean that everything before was seen: see `views.board.log`.
    """

    day: date
    seconds: int
    increment: int

    def __str__(self) -> str:
        text = f"{self.day.isoformat()}/{self.seconds}/{self.increment}"
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for what is not one of ours: whoever brings it is shown everything again."""
        try:
            plain = urlsafe_b64decode(text.encode("ascii") + b"==").decode("ascii")
            day, seconds, increment = plain.split("/")
            cursor = cls(date.fromisoformat(day), int(seconds), int(increment))
        except ValueError:
            return None
        is_stamp = all(0 <= part <= STAMP_MOST for part in (cursor.seconds, cursor.increment))
        return cursor if is_stamp else None
