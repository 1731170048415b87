"""What the handlers need from the outside world: protocols."""

from collections.abc import Mapping
from typing import TypeAlias

from clinic_sessions.domain.protocols.protocol import Protocol

# By name and version: a plan keeps the version it was started with.
Protocols: TypeAlias = Mapping[tuple[str, int], Protocol]
