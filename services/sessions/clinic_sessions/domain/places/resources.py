"""What a place has: rooms, chairs, places to recover, equipment."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Before and after each visit nothing else happens in its places for so many minutes."""

    name: str
    setting_up_minutes: int = 0
    clearing_up_minutes: int = 0

    @property
    def setting_up(self) -> timedelta:
        return timedelta(minutes=self.setting_up_minutes)

    @property
    def clearing_up(self) -> timedelta:
        return timedelta(minutes=self.clearing_up_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """A place for one person at a time, for dosing."""

    name: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPlace:
    """Where `capacity` people recover at one time."""

    name: str
    room: str
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """One piece. `kind`: pump, monitor, …"""

    name: str
    kind: str
