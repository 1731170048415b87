"""Exact moments at which a test has this process killed or stopped. Nothing at all unless armed.

A kill at random seldom meets the moment that matters. A point here is such a moment, and the code
that has it calls `reach`. Settings refuse to arm one outside of tests.
"""

import os
from enum import StrEnum
from signal import SIGKILL, SIGSTOP, Signals
from typing import Final

SIGNALS: Final = {"": SIGKILL, "stop": SIGSTOP}


class Failpoint(StrEnum):
    COMMAND_BEFORE_TRANSACTION = "command.before_transaction"  # asked, and nothing begun
    COMMAND_BEFORE_COMMIT = (
        "command.before_commit"  # handled, in an open transaction, with the last writes to come
    )
    TRANSACTION_BEFORE_COMMIT = "transaction.before_commit"  # of any kind: all is written
    COMMAND_AFTER_COMMIT = "command.after_commit"  # done, and not answered
    COMMAND_HALF_ANSWERED = "command.half_answered"  # done, and told without its body
    RELAY_BEFORE_PUBLISH = "relay.before_publish"  # committed, and nobody was told
    RELAY_BEFORE_ACK = "relay.before_ack"  # handed to the driver, and nobody has confirmed it
    RELAY_AFTER_PUBLISH = "relay.after_publish"  # on the topic, and still in the outbox
    RELAY_AFTER_DELETE = "relay.after_delete"  # said and forgotten, and the next one not begun
    DELIVERY_AFTER_FETCH = "delivery.after_fetch"  # in this process, and nothing done about it
    DELIVERY_BEFORE_COMMIT = "delivery.before_commit"  # all written, in an open transaction
    DELIVERY_AFTER_COMMIT = "delivery.after_commit"  # effects kept, offset not committed
    DELIVERY_AFTER_OFFSET = "delivery.after_offset"  # all is heard, and the broker knows it
    DELIVERY_REVOKED = "delivery.revoked"  # another is to have the partitions
    PROMISE_AFTER_LEASE = "promise.after_lease"  # a share of the rows is held
    PROMISE_AFTER_CLAIM = "promise.after_claim"  # due rows are claimed, and none is kept
    PROMISE_AFTER_ACT = "promise.after_act"  # handed over outside, and not written down
    PROMISE_AFTER_END = "promise.after_end"  # written down, and the next one not begun


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
