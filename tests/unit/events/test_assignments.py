"""What may be committed, whatever ends when, and under whichever assignment it came."""

from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clinic_events.lanes import Assignment

PLACES: Final = ("p0", "p1")
A_PLACE: Final = st.sampled_from(PLACES)


class OneOfAGroup(RuleBasedStateMachine):
    """A member that fetches, ends and commits, and is given its partitions anew: what is under way
    meanwhile ends whenever it does, and an answer to a commit comes after other ends."""

    def __init__(self) -> None:
        super().__init__()
        self.on_broker = dict.fromkeys(PLACES, 0)
        self.under_way: list[tuple[Assignment[str], str, int]] = []
        self.time = 0.0
        self.is_assigned()

    def is_assigned(self) -> None:
        self.assignment = Assignment(PLACES)
        self.fetched: dict[str, list[int]] = {place: [] for place in PLACES}
        self.came_at: dict[tuple[str, int], float] = {}
        self.unfinished: set[tuple[str, int]] = set()
        self.asked: dict[str, int] = {}
        self.answered: dict[str, int] = {}

    @rule(place=A_PLACE, steps=st.lists(st.integers(1, 3), min_size=1, max_size=4))
    def some_are_fetched(self, place: str, steps: list[int]) -> None:
        """A step above 1 is a gap, as compaction leaves one."""
        self.time += 1
        known = self.fetched[place]
        last = known[-1] if known else self.on_broker[place] - 1
        offsets = [last + sum(steps[: n + 1]) for n in range(len(steps))]
        self.assignment.begin(place, offsets, self.time)
        known.extend(offsets)
        self.came_at |= {(place, offset): self.time for offset in offsets}
        self.unfinished |= {(place, offset) for offset in offsets}
        self.under_way += [(self.assignment, place, offset) for offset in offsets]

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def one_ends(self, data: st.DataObject) -> None:
        """One of an earlier assignment, too: it ends where it came from."""
        chosen = data.draw(st.integers(0, len(self.under_way) - 1))
        assignment, place, offset = self.under_way.pop(chosen)
        assignment.end(place, [offset])
        if assignment is self.assignment:
            self.unfinished.discard((place, offset))

    @rule()
    def what_may_be_is_committed(self) -> None:
        self.asked = self.assignment.to_commit()
        for place, offset in self.asked.items():
            assert offset >= self.on_broker[place], "A commit goes back."
            assert offset > self.answered.get(place, -1), "A commit is made twice."
        self.on_broker |= self.asked

    @precondition(lambda self: self.asked)
    @rule()
    def the_commit_is_answered(self) -> None:
        self.assignment.committed(self.asked)
        self.answered |= self.asked
        self.asked = {}

    @rule()
    def the_partitions_are_given_anew(self) -> None:
        self.assignment.close()
        self.what_may_be_is_committed()
        self.is_assigned()

    @invariant()
    def no_commit_passes_what_has_not_ended(self) -> None:
        for place, offset in self.unfinished:
            assert self.on_broker[place] <= offset

    @invariant()
    def everything_before_the_first_unfinished_may_be_committed_and_nothing_else(self) -> None:
        expected = {}
        for place, offsets in self.fetched.items():
            open_ones = [offset for offset in offsets if (place, offset) in self.unfinished]
            reached = open_ones[0] if open_ones else offsets[-1] + 1 if offsets else None
            if reached is not None and reached > self.answered.get(place, -1):
                expected[place] = reached
        assert self.assignment.to_commit() == expected

    @invariant()
    def the_open_ones_are_counted_from_the_oldest(self) -> None:
        assert self.assignment.outstanding == len(self.unfinished)
        came = [self.came_at[one] for one in self.unfinished]
        assert self.assignment.oldest_at == min(came, default=None)

    def teardown(self) -> None:
        """Once all that came has ended, all of it is committed."""
        for assignment, place, offset in self.under_way:
            assignment.end(place, [offset])
        self.on_broker |= self.assignment.to_commit()
        ends = {place: offsets[-1] + 1 for place, offsets in self.fetched.items() if offsets}
        assert self.on_broker == {**self.on_broker, **ends}


TestOneOfAGroup = OneOfAGroup.TestCase
TestOneOfAGroup.settings = settings(max_examples=60)
