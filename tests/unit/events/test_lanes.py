"""Order per key, committable offsets, and an assignment until it is closed."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clinic_events.lanes import Assignment, Lane, Lanes, Offsets


def test_only_the_unbroken_run_may_be_committed() -> None:
    offsets = Offsets()
    for offset in (10, 11, 13):  # 12 was compacted away
        offsets.begin([offset], 0.0)

    offsets.end([11])
    assert offsets.committable == 10
    offsets.end([10])
    assert offsets.committable == 13
    offsets.end([13])
    assert offsets.committable == 14


def test_the_oldest_is_the_first_that_has_not_ended() -> None:
    offsets = Offsets()
    offsets.begin([1, 2], 10.0)
    offsets.begin([5], 20.0)

    offsets.end([2])
    assert offsets.oldest_at == 10.0
    offsets.end([1])
    assert offsets.oldest_at == 20.0
    offsets.end([5])
    assert offsets.oldest_at is None


def test_nothing_may_be_committed_before_anything_came() -> None:
    assert Offsets().committable is None


@given(st.data())
def test_whatever_the_order_of_ends_no_offset_is_passed_before_it_ended(
    data: st.DataObject,
) -> None:
    begun = sorted(data.draw(st.sets(st.integers(0, 200), min_size=1, max_size=40)))
    offsets = Offsets()
    for offset in begun:
        offsets.begin([offset], 0.0)

    ended: set[int] = set()
    for offset in data.draw(st.permutations(begun)):
        offsets.end([offset])
        ended.add(offset)
        unfinished = [o for o in begun if o not in ended]
        assert offsets.committable == (unfinished[0] if unfinished else begun[-1] + 1)
        assert offsets.outstanding == len(unfinished)


def test_no_offset_is_committed_twice_or_below_an_earlier_commit() -> None:
    assignment = Assignment(["p0"])
    assignment.begin("p0", [5], 0.0)
    assignment.end("p0", [5])

    assert assignment.to_commit() == {"p0": 6}
    assignment.committed({"p0": 6})
    assert assignment.to_commit() == {}


def test_a_partition_whose_first_does_not_end_is_not_ready_once_enough_came_after_it() -> None:
    assignment = Assignment(["p0", "p1"])
    for offset in range(10):
        assignment.begin("p0", [offset], 0.0)
    assignment.end("p0", range(1, 10))
    assert assignment.ready(window=3, span=11) == ["p0", "p1"]
    assert assignment.ready(window=3, span=10) == ["p1"]
    assignment.end("p0", [0])
    assert assignment.ready(window=3, span=10) == ["p0", "p1"]


def test_a_late_end_in_a_closed_assignment_moves_nothing_in_the_next() -> None:
    first = Assignment(["p0"])
    first.begin("p0", [5], 0.0)
    first.close()
    second = Assignment(["p0"])
    second.begin("p0", [1_500], 0.0)
    second.end("p0", [1_500])

    first.end("p0", [5])

    assert second.to_commit() == {"p0": 1_501}
    assert not first.is_open


def test_a_partition_with_a_full_window_is_not_ready() -> None:
    assignment = Assignment(["p0", "p1"])
    for offset in range(3):
        assignment.begin("p0", [offset], 0.0)

    assert assignment.ready(window=3) == ["p1"]


def test_a_partition_that_holds_its_share_of_the_bytes_is_not_ready() -> None:
    assignment = Assignment(["p0", "p1"])
    assignment.begin("p0", [3, 7], 0.0, [10, 40])

    assert assignment.ready(all_bytes=102) == ["p0", "p1"]
    assert assignment.ready(all_bytes=100) == ["p1"]
    assignment.end("p0", [7])
    assert assignment.ready(all_bytes=100) == ["p0", "p1"]
    assignment.end("p0", [3])
    assert assignment.ready(all_bytes=2) == ["p0", "p1"]


def test_the_next_expected_offset_follows_the_last_that_came_whether_it_has_ended_or_not() -> None:
    assignment = Assignment(["p0"])
    assert assignment.expected("p0") is None
    assignment.begin("p0", [5, 8], 0.0)
    assert assignment.expected("p0") == 9


def test_a_lane_is_closed_while_somebody_works_on_it() -> None:
    lanes: Lanes[int] = Lanes()
    for item in (1, 2):
        lanes.put(b"a", item)
    lanes.put(b"b", 3)

    assert lanes.take(1) == [(b"a", [1])]
    lanes.put(b"a", 4)
    assert lanes.take(9) == [(b"b", [3])]
    assert lanes.take(9) == []
    lanes.free(b"a")
    assert lanes.take(9) == [(b"a", [2, 4])]


def test_messages_given_back_to_a_lane_come_first_again() -> None:
    lanes: Lanes[int] = Lanes()
    for item in (1, 2, 3):
        lanes.put(b"a", item)
    [(key, items)] = lanes.take(2)
    lanes.put(b"a", 4)

    lanes.give_back(key, items[1:])
    lanes.free(key)

    assert lanes.take(9) == [(b"a", [2, 3, 4])]


class LanesOfManyWorkers(RuleBasedStateMachine):
    """Whoever takes, fails and frees in whatever order: each lane's items end in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes: Lanes[int] = Lanes()
        self.put: dict[Lane, list[int]] = {}
        self.done: dict[Lane, list[int]] = {}
        self.taken: dict[Lane, list[int]] = {}
        self.number = 0

    @rule(key=st.sampled_from([b"a", b"b", b"c"]))
    def something_arrives(self, key: bytes) -> None:
        self.number += 1
        self.put.setdefault(key, []).append(self.number)
        self.lanes.put(key, self.number)

    @rule(most=st.integers(1, 4))
    def somebody_takes(self, most: int) -> None:
        taken = dict(self.lanes.take(most))
        assert not taken.keys() & self.taken.keys()
        assert sum(map(len, taken.values())) <= most
        self.taken |= taken

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def somebody_ends(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.taken)))
        items = self.taken.pop(key)
        handled = data.draw(st.integers(0, len(items)))
        self.done.setdefault(key, []).extend(items[:handled])
        self.lanes.give_back(key, items[handled:])
        self.lanes.free(key)

    @invariant()
    def nothing_is_lost_doubled_or_passed(self) -> None:
        for key, items in self.put.items():
            done = self.done.get(key, [])
            assert done == items[: len(done)]

    def teardown(self) -> None:
        for key, items in self.taken.items():
            self.lanes.give_back(key, items)
            self.lanes.free(key)
        for key, items in self.lanes.take(10_000):
            self.done.setdefault(key, []).extend(items)
        assert {key: items for key, items in self.done.items() if items} == self.put


TestLanesOfManyWorkers = LanesOfManyWorkers.TestCase
