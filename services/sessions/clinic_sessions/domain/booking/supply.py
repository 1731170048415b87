"""Who could serve an ask on a day: worked out once a day, looked at once a start."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic_sessions.domain.booking.asks import Ask
from clinic_sessions.domain.booking.days import Day, runs


@dataclass(frozen=True, slots=True)
class Supply:
    """`starts`: each candidate with the bits at which a visit could begin. `nobody`: the bits at
    which all of them are missing at once. `present`: the starts for which somebody is at work, and
    not closed off, whether they are free or not."""

    ask: Ask
    starts: tuple[tuple[str, int], ...]
    nobody: int
    present: int

    def free_at(self, bit: int) -> list[str]:
        return [name for name, starts in self.starts if starts >> bit & 1]


def supplies_of(day: Day, asks: Sequence[Ask]) -> list[Supply]:
    return [_supply(day, ask) for ask in asks]


def _supply(day: Day, ask: Ask) -> Supply:
    nobody, present = day.everything, 0
    for one in ask.candidates:
        there = 0
        for stretch in day.stretches_of(ask, one):
            there |= stretch
            present |= runs(stretch, ask.end - ask.start) >> ask.start
        nobody &= day.of(ask.kind, one.name).full_for(one.at_most) | ~there
    starts = tuple((one.name, day.starts_for(ask, one)) for one in ask.candidates)
    return Supply(ask, starts, nobody & day.everything, present)
