"""No more in a second than the pace allows, and unused turns are not saved up for a storm."""

from clinic_platform.promises.pace import Pace


class Steady:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def let(pace: Pace, kind: str, asked: int) -> int:
    return sum(pace.lets(kind) for _ in range(asked))


def test_a_kind_without_a_pace_goes_at_once() -> None:
    assert let(Pace({"note": None}, Steady()), "note", 1_000) == 1_000


def test_a_pace_holds_however_often_it_is_asked() -> None:
    clock = Steady()
    pace = Pace({"letter": 10, "note": None}, clock)

    assert let(pace, "letter", 100) == 10
    clock.now += 0.5
    assert let(pace, "letter", 100) == 5


def test_a_quiet_hour_is_not_saved_up() -> None:
    clock = Steady()
    pace = Pace({"letter": 10}, clock)
    clock.now += 3_600
    assert let(pace, "letter", 100) == 10


def test_less_than_one_a_second_is_still_one_now_and_then() -> None:
    clock = Steady()
    pace = Pace({"alarm": 0.1}, clock)
    clock.now += 100
    assert let(pace, "alarm", 9) == 1
    clock.now += 9
    assert let(pace, "alarm", 9) == 0
    clock.now += 2
    assert let(pace, "alarm", 9) == 1


def test_a_kind_is_spent_until_one_more_may_go() -> None:
    clock = Steady()
    pace = Pace({"letter": 2, "alarm": 5, "note": None}, clock)
    assert pace.spent() == []

    let(pace, "letter", 2)
    assert pace.spent() == ["letter"]
    clock.now += 0.5
    assert pace.spent() == []
