"""I12, I15: commands are answered: while the broker is away, and by a service that ends itself."""

from collections.abc import Iterator, Sequence
from typing import Final

from tests.chaos.checkers.model import Violation
from tests.chaos.evidence import Evidence, Outage
from tests.chaos.history import Call

# A command waits for its turn on a machine that is busy; nobody waits for the broker so long.
ANSWERED_WITHIN: Final = 10.0
# A command sent so long before a service was asked to end itself had reached it.
HAS_ARRIVED: Final = 0.5


def commands_are_answered_while_the_broker_is_away(evidence: Evidence) -> Iterator[Violation]:
    """All that begin in that time, of whatever kind, and soon; none is refused. Those that begin at
    its very end, too: it may end before they do, and they have as long."""
    for outage in evidence.outages:
        begun = begun_in(outage, evidence.calls)
        if not begun and outage.meets_work:
            yield Violation("I12", "other", f"no command was begun during: {outage.name}")
        for call in begun:
            yield from _held_up(call, outage)


def a_refusal_states_when_to_come_again(evidence: Evidence) -> Iterator[Violation]:
    """As where the database is away. Any other refusal than that ends a storm by itself."""
    for call in evidence.calls:
        if call.rude:
            yield Violation("I12", "other", f"{call.operation} was refused {call.rude} x rudely")


def accepted_commands_are_answered_before_the_end(evidence: Evidence) -> Iterator[Violation]:
    """A service that is asked to end itself answers the commands under way."""
    for ending in evidence.endings:
        for lost in evidence.cut_off:
            was_there = lost.began_at < ending.asked_at - HAS_ARRIVED
            is_of_it = ending.asked_at < lost.ended_at < ending.back_at
            if lost.service == ending.service and was_there and is_of_it:
                what = f"{ending.service} ended and left {lost.operation} without an answer"
                yield Violation("I15", "lost", what)


def begun_in(outage: Outage, calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if outage.began_at < call.began_at < outage.healed_at]


def answered_in(outages: Sequence[Outage], calls: Sequence[Call]) -> tuple[int, int]:
    """How many commands were begun in an outage, and how many of them were answered before its
    end; of all outages together."""
    begun = [(outage, call) for outage in outages for call in begun_in(outage, calls)]
    answered = sum(call.outcome == "ok" and call.ended_at < one.healed_at for one, call in begun)
    return len(begun), answered


def _held_up(call: Call, outage: Outage) -> Iterator[Violation]:
    seconds = call.ended_at - call.began_at
    if call.outcome != "ok" or seconds > ANSWERED_WITHIN:
        what = f"{call.operation} was answered after {seconds:.0f} s, during: {outage.name}"
        yield Violation("I12", "other", what)
    if call.refusals:
        what = f"{call.operation} was refused {call.refusals} x, during: {outage.name}"
        yield Violation("I12", "other", what)
