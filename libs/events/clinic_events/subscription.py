"""Who listens to what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from clinic_events.envelope import Event

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Subscription:
    event: type[Event]
    handler: Callable[[Any], Awaitable[object]]


def on(event: type[E], handler: Callable[[E], Awaitable[object]]) -> Subscription:
    """Call the handler for every such event. The type checker refuses a handler for another one."""
    return Subscription(event, handler)
