"""What a place has: rooms, chairs, places to recover, equipment."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """Before and after each visit of that protocol."""

    protocol: str
    setting_up_minutes: int = 0
    clearing_up_minutes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Before and after each visit nothing else happens in its places for so many minutes; for those
    of a protocol among `buffers` for as long as that says, where it is longer."""

    name: str
    setting_up_minutes: int = 0
    clearing_up_minutes: int = 0
    buffers: tuple[Buffer, ...] = ()

    @property
    def setting_up(self) -> timedelta:
        return timedelta(minutes=self.setting_up_minutes)

    @property
    def clearing_up(self) -> timedelta:
        return timedelta(minutes=self.clearing_up_minutes)

    def giving(self, protocol: str) -> Self:
        """As it is for what is given by that protocol."""
        mine = [buffer for buffer in self.buffers if buffer.protocol == protocol]
        before = [self.setting_up_minutes, *(buffer.setting_up_minutes for buffer in mine)]
        after = [self.clearing_up_minutes, *(buffer.clearing_up_minutes for buffer in mine)]
        return replace(
            self, setting_up_minutes=max(before), clearing_up_minutes=max(after), buffers=()
        )


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
