"""How long what was refused is left alone."""

from datetime import timedelta

from clinic_events.rests import Rests


def some_rests() -> Rests[str]:
    return Rests(first=timedelta(seconds=1), most=timedelta(seconds=4))


def test_each_rest_lasts_twice_as_long_as_the_one_before_up_to_the_longest() -> None:
    rests, now, lasted = some_rests(), 100.0, []
    for _ in range(4):
        rests.refused("one", now=now)
        began = now
        while rests.at(now):
            now += 0.5
        lasted.append(now - began)
    assert lasted == [1, 2, 4, 4]


def test_several_refusals_at_once_count_once() -> None:
    rests = some_rests()
    for _ in range(3):
        rests.refused("one", now=0)
    assert rests.at(0.9) == {"one"}
    assert rests.at(1.0) == set()


def test_what_was_taken_begins_again() -> None:
    rests = some_rests()
    for now in (0, 1):
        rests.refused("one", now=now)
    rests.taken("one", "another")
    assert rests.at(1.5) == set()
    rests.refused("one", now=2)
    assert rests.at(3.0) == set()


def test_what_nobody_speaks_of_again_is_forgotten() -> None:
    rests = some_rests()
    rests.refused("one", now=0)
    rests.at(6)
    rests.refused("one", now=7)
    assert rests.at(8.0) == set()
