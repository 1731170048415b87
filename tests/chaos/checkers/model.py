"""A violation, as a checker finds it."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from tests.chaos.evidence import Evidence

Kind: TypeAlias = Literal["lost", "doubled", "disordered", "other"]


class Violation(NamedTuple):
    """`invariant` as it is named in the README: I1, I2, …"""

    invariant: str
    kind: Kind
    what: str


Checker: TypeAlias = Callable[[Evidence], Iterator[Violation]]


def compared(
    invariant: str, expected: Iterable[Hashable], found: Iterable[Hashable]
) -> Iterator[Violation]:
    """As often as it should be there: less of it is lost, more of it is doubled."""
    wanted, there = Counter(expected), Counter(found)
    for thing, count in (wanted - there).items():
        yield Violation(invariant, "lost", f"{count} x {thing}")
    for thing, count in (there - wanted).items():
        yield Violation(invariant, "doubled", f"{count} x {thing}")
