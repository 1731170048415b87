"""Limits on how much, how slowly and how often one may send."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from starlette.requests import Request

from clinic_platform.problems import BodyTooLarge, BodyTooSlow, TooManyRequests

MAX_BODY: Final = 64 * 1024
# Read to its end and thrown away: closing on unread bytes would take the refusal with it.
READ_AT_MOST: Final = 1024 * 1024
BODY_WITHIN: Final = timedelta(seconds=10)
WINDOW: Final = 60.0
MAX_ADDRESSES: Final = 50_000  # beyond it newcomers wait for the next window


async def read_body(request: Request, *, within: timedelta = BODY_WITHIN) -> bytes:
    """All of it, whether its length was declared or not. Raises BodyTooLarge, BodyTooSlow."""
    declared = request.headers.get("content-length", "0")
    if len(declared) > 9 or not declared.isdecimal() or int(declared) > READ_AT_MOST:
        raise BodyTooLarge(MAX_BODY)
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(within.total_seconds()):
            async for chunk in request.stream():
                size += len(chunk)
                if size > READ_AT_MOST:
                    break
                if size <= MAX_BODY:
                    body += chunk
    except TimeoutError:
        raise BodyTooSlow from None
    if size > MAX_BODY:
        raise BodyTooLarge(MAX_BODY)
    return bytes(body)


class RateLimit:
    """So many requests a minute for each address, counted in this process."""

    def __init__(self, per_minute: int, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limit = per_minute
        self._seconds = seconds
        self._ends_at = 0.0
        self._counts: Counter[str] = Counter()

    def take(self, address: str) -> dict[str, str]:
        """The headers that show what is left. Raises TooManyRequests."""
        now = self._seconds()
        if now >= self._ends_at:
            self._ends_at = now + WINDOW
            self._counts.clear()
        left = self._ends_at - now
        is_full = address not in self._counts and len(self._counts) >= MAX_ADDRESSES
        if is_full or self._counts[address] >= self._limit:
            raise TooManyRequests(timedelta(seconds=left), self._headers(0, left))
        self._counts[address] += 1
        return self._headers(self._limit - self._counts[address], left)

    def _headers(self, remaining: int, left: float) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self._limit),
            "RateLimit-Remaining": str(remaining),
            "RateLimit-Reset": str(max(1, round(left))),
        }
