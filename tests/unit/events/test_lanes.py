"""Order per key, offsets that may be committed, the life of an assignment."""

from hypothesis import given
from hypothesis import strategies as st

from clinic_events.lanes import Assignment, Offsets, lane_of


def test_only_the_unbroken_run_may_be_committed() -> None:
    offsets = Offsets()
    for offset in (10, 11, 13):  # 12 was compacted away
        offsets.begin(offset)

    offsets.end(11)
    assert offsets.committable == 10
    offsets.end(10)
    assert offsets.committable == 13
    offsets.end(13)
    assert offsets.committable == 14


def test_nothing_may_be_committed_before_anything_came() -> None:
    assert Offsets().committable is None


@given(st.data())
def test_whatever_the_order_of_ends_no_offset_is_passed_before_it_ended(
    data: st.DataObject,
) -> None:
    begun = sorted(data.draw(st.sets(st.integers(0, 200), min_size=1, max_size=40)))
    offsets = Offsets()
    for offset in begun:
        offsets.begin(offset)

    ended: set[int] = set()
    for offset in data.draw(st.permutations(begun)):
        offsets.end(offset)
        ended.add(offset)
        unfinished = [o for o in begun if o not in ended]
        assert offsets.committable == (unfinished[0] if unfinished else begun[-1] + 1)
        assert offsets.outstanding == len(unfinished)


def test_what_was_committed_is_not_committed_again_nor_undercut() -> None:
    assignment = Assignment(["p0"])
    assignment.begin("p0", 5)
    assignment.end("p0", 5)

    assert assignment.to_commit() == {"p0": 6}
    assignment.committed({"p0": 6})
    assert assignment.to_commit() == {}


def test_a_late_end_in_a_closed_assignment_moves_nothing_in_the_next() -> None:
    first = Assignment(["p0"])
    first.begin("p0", 5)
    first.close()
    second = Assignment(["p0"])
    second.begin("p0", 1_500)
    second.end("p0", 1_500)

    first.end("p0", 5)

    assert second.to_commit() == {"p0": 1_501}
    assert not first.is_open


def test_a_partition_with_a_full_window_is_not_ready() -> None:
    assignment = Assignment(["p0", "p1"])
    for offset in range(3):
        assignment.begin("p0", offset)

    assert assignment.ready(window=3) == ["p1"]


def test_one_key_has_one_lane() -> None:
    assert {lane_of(b"pat_1", offset) for offset in range(50)} == {lane_of(b"pat_1", 0)}


def test_messages_without_a_key_are_spread() -> None:
    assert len({lane_of(None, offset) for offset in range(16)}) == 16
