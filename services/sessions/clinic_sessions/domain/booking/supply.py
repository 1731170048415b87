"""Who could serve an ask on a day: worked out once a day, looked at once a start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clinic_sessions.domain.booking.asks import Ask, Candidate
from clinic_sessions.domain.booking.days import Day, runs, union


@dataclass(frozen=True, slots=True)
class Supply:
    """`starts`: each candidate with the bits at which a visit could begin; `somebody`: those of any
    of them. `nobody`: the bits at which all of them are missing at once. `present`: the starts for
    which somebody is at work, and not closed off, whether they are free or not."""

    ask: Ask
    starts: tuple[tuple[str, int], ...]
    somebody: int
    nobody: int
    present: int

    def serves(self, bit: int) -> bool:
        return bool(self.somebody >> bit & 1)

    def free_at(self, bit: int) -> tuple[str, ...]:
        return tuple([name for name, starts in self.starts if starts >> bit & 1])


def serve(supplies: Iterable[Supply], bit: int) -> bool:
    """Whether each of them has somebody; two may have the same one."""
    starts = 1 << bit
    for supply in supplies:
        starts &= supply.somebody
    return bool(starts)


def supplies_of(day: Day, asks: Sequence[Ask]) -> list[Supply]:
    return [_supply(day, ask) for ask in asks]


def starts_in(free: Iterable[int], ask: Ask, candidate: Candidate) -> int:
    """The bits at which a visit could begin for a candidate who is `free` in these stretches."""
    first, last = ask.start - candidate.before, ask.end + candidate.after
    found = 0
    for stretch in free:
        found |= runs(stretch, last - first)
    return found >> first if first >= 0 else found << -first


def _supply(day: Day, ask: Ask) -> Supply:
    """Many are free at the same times, as all are who have nothing to do: reckoned once."""
    alike: dict[tuple[tuple[int, ...], int, int], int] = {}
    starts = []
    for one in ask.candidates:
        mine = (day.free_of(ask, one), one.before, one.after)
        if mine not in alike:
            alike[mine] = starts_in(mine[0], ask, one)
        starts.append((one.name, alike[mine]))
    free = union(union(stretches) for stretches, _, _ in alike)
    somebody = union(alike.values())
    return Supply(ask, tuple(starts), somebody, day.everything & ~free, _present(day, ask))


def _present(day: Day, ask: Ask) -> int:
    """Most have the same shifts."""
    shifts = {stretch for one in ask.candidates for stretch in day.stretches_of(one)}
    return union(runs(stretch, ask.end - ask.start) >> ask.start for stretch in shifts)
