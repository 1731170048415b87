"""A time on a wall, and the instant that is meant. Where the clocks change, nobody guesses.

Twice a year, in most zones, a stretch of wall times does not exist, and another exists twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from clinic_sessions.domain.errors import WallTimeDoesNotExist, WallTimeExistsTwice


@dataclass(frozen=True, slots=True, kw_only=True)
class WallTime:
    """`at` has no zone. `fold` is 0 for the earlier, 1 for the later of two that read the same."""

    at: datetime
    fold: int | None = None

    def instant(self, zone: str) -> datetime:
        """In UTC. Raises WallTimeDoesNotExist, WallTimeExistsTwice; both name the two instants."""
        earlier, later = (self._read(zone, fold) for fold in (0, 1))
        if earlier == later:
            return earlier
        there = ZoneInfo(zone)
        if earlier.astimezone(there).replace(tzinfo=None) != self.at:
            raise WallTimeDoesNotExist([_candidate(at, zone) for at in sorted((earlier, later))])
        if self.fold is None:
            raise WallTimeExistsTwice([_candidate(at, zone) for at in (earlier, later)])
        return (earlier, later)[self.fold]

    def _read(self, zone: str, fold: int) -> datetime:
        return self.at.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def _candidate(at: datetime, zone: str) -> dict[str, object]:
    there = at.astimezone(ZoneInfo(zone))
    return {
        "starts_at": at.isoformat(),
        "starts_local": f"{there:%Y-%m-%dT%H:%M}",
        "fold": there.fold,
        "zone": zone,
    }
