"""Tokens that were verified a moment ago, by their digest: none is verified at each request.

Only what was accepted is here, never longer than a minute and never past the token's own end. So a
key that the issuer has taken back is good for a minute more at most.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Final

from clinic_platform.auth.callers import Principal
from clinic_platform.clock import Clock

FOR: Final = timedelta(seconds=60)
MOST: Final = 10_000  # about 10 MB; the first to come is the first to go


class Remembered:
    """A token ends by `clock`; `seconds` only rises, whatever becomes of the clock."""

    def __init__(self, clock: Clock, seconds: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seconds = seconds
        self._kept: OrderedDict[bytes, tuple[Principal, float, float]] = OrderedDict()

    def find(self, token: bytes) -> Principal | None:
        digest = sha256(token).digest()
        kept = self._kept.get(digest)
        if kept is None:
            return None
        principal, until, ends_at = kept
        if self._seconds() < until and self._clock().timestamp() < ends_at:
            return principal
        del self._kept[digest]
        return None

    def keep(self, token: bytes, principal: Principal, *, ends_at: float) -> None:
        """`ends_at` is the token's own end, in seconds since 1970."""
        self._kept[sha256(token).digest()] = (
            principal,
            self._seconds() + FOR.total_seconds(),
            ends_at,
        )
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
