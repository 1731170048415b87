"""For how long a refused key, partition or topic is not tried."""

from datetime import timedelta

from clinic_events.rests import Rests


def some_rests() -> Rests[str]:
    return Rests(first=timedelta(seconds=1), most=timedelta(seconds=4))


def test_each_rest_lasts_twice_as_long_as_the_one_before_up_to_the_longest() -> None:
    rests, now, lasted = some_rests(), 100.0, []
    for _ in range(4):
        rests.refused("one", now=now)
        lasted.append(rests.left("one", now=now))
        now += lasted[-1]
        assert rests.left("one", now=now) == 0
    assert lasted == [1, 2, 4, 4]


def test_several_refusals_at_once_count_once() -> None:
    rests = some_rests()
    for _ in range(3):
        rests.refused("one", now=0)
    assert rests.left("one", now=0.75) == 0.25
    assert rests.left("one", now=1.0) == 0


def test_after_an_acceptance_the_rests_begin_anew() -> None:
    rests = some_rests()
    for now in (0, 1):
        rests.refused("one", now=now)
    rests.taken("one", "another")
    assert "one" not in rests
    assert rests.left("one", now=1.5) == 0
    rests.refused("one", now=2)
    assert rests.left("one", now=2) == 1


def test_a_refusal_is_remembered_until_an_acceptance_or_for_a_while_after_its_rest() -> None:
    rests = some_rests()
    rests.refused("one", now=0)
    rests.forget_old(now=4.5)
    assert "one" in rests
    assert rests
    rests.forget_old(now=5)
    assert "one" not in rests
    assert not rests
    rests.refused("one", now=7)
    assert rests.left("one", now=7) == 1
