"""Exact moments at which a test has this process killed or stopped. Nothing at all unless armed.

A kill at random seldom meets the moment that matters. A point here is such a moment, and the code
that has it calls `reach`. Settings refuse to arm one in production.
"""

import os
from enum import StrEnum
from signal import SIGKILL, SIGSTOP, Signals
from typing import Final

SIGNALS: Final = {"": SIGKILL, "stop": SIGSTOP}


class Failpoint(StrEnum):
    RELAY_BEFORE_PUBLISH = "relay.before_publish"  # committed, and nobody was told
    RELAY_AFTER_PUBLISH = "relay.after_publish"  # on the topic, and still in the outbox
    DELIVERY_BEFORE_COMMIT = "delivery.before_commit"  # all written, in an open transaction
    DELIVERY_AFTER_COMMIT = "delivery.after_commit"  # effects kept, offset not committed
    COMMAND_AFTER_COMMIT = "command.after_commit"  # done, and not answered
    PROMISE_AFTER_ACT = "promise.after_act"  # handed over outside, and not written down


_armed: dict[Failpoint, Signals] = {}


def parse(text: str) -> dict[Failpoint, Signals]:
    """`relay.before_publish` or, to be stopped there until SIGCONT, `relay.before_publish:stop`.

    Raises ValueError.
    """
    if not text:
        return {}
    name, _, what = text.partition(":")
    if what not in SIGNALS:
        raise ValueError("A failpoint kills, or stops.")
    return {Failpoint(name): SIGNALS[what]}


def arm(text: str) -> None:
    """Once: whoever goes on after having been stopped is not stopped again."""
    _armed.update(parse(text))


def reach(point: Failpoint) -> None:
    if _armed and (number := _armed.pop(point, None)) is not None:
        os.kill(os.getpid(), number)
