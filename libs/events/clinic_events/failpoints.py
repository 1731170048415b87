"""Failpoints: exact moments at which a test has this process killed or stopped. Inert unless armed.

A random kill seldom hits the moment that matters. The code at such a moment calls `reach`. Settings
refuse to arm a failpoint outside of tests.
"""

import os
from enum import StrEnum
from signal import SIGKILL, SIGSTOP, Signals
from typing import Final

SIGNALS: Final = {"": SIGKILL, "stop": SIGSTOP}


class Failpoint(StrEnum):
    COMMAND_BEFORE_TRANSACTION = "command.before_transaction"  # request received, nothing begun
    COMMAND_BEFORE_COMMIT = (
        "command.before_commit"  # handled, in an open transaction, with the last writes to come
    )
    TRANSACTION_BEFORE_COMMIT = "transaction.before_commit"  # of any kind: all is written
    COMMAND_AFTER_COMMIT = "command.after_commit"  # committed, and not answered
    COMMAND_HALF_ANSWERED = "command.half_answered"  # committed, and answered without the body
    RELAY_BEFORE_PUBLISH = "relay.before_publish"  # committed, and not published
    RELAY_BEFORE_ACK = "relay.before_ack"  # given to the driver, and not acknowledged
    RELAY_AFTER_PUBLISH = "relay.after_publish"  # on the topic, and still in the outbox
    RELAY_AFTER_DELETE = "relay.after_delete"  # published and deleted, the next batch not begun
    DELIVERY_AFTER_FETCH = "delivery.after_fetch"  # fetched, and not handled
    DELIVERY_BEFORE_COMMIT = "delivery.before_commit"  # all written, in an open transaction
    DELIVERY_AFTER_COMMIT = "delivery.after_commit"  # effects kept, offset not committed
    DELIVERY_AFTER_OFFSET = "delivery.after_offset"  # all handled, their offsets committed
    DELIVERY_REVOKED = "delivery.revoked"  # the partitions go to another consumer
    PROMISE_AFTER_LEASE = "promise.after_lease"  # a share of the rows is held
    PROMISE_AFTER_CLAIM = "promise.after_claim"  # due rows are claimed, and none is kept
    PROMISE_AFTER_ACT = "promise.after_act"  # done outside, and not recorded
    PROMISE_AFTER_END = "promise.after_end"  # recorded, and the next one not begun


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
    """For one time: a process that goes on after being stopped is not stopped again."""
    _armed.update(parse(text))


def reach(point: Failpoint) -> None:
    if _armed and (number := _armed.pop(point, None)) is not None:
        os.kill(os.getpid(), number)
