"""What the handlers need from the outside world: protocols."""

from clinic_sessions.domain.protocols.shelf import Shelf as Protocols

__all__ = ["Protocols"]
