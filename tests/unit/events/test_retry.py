"""What happens after a failure."""

from datetime import timedelta

from clinic_events.errors import Park, Unavailable
from clinic_events.retry import Again, Attempts, Retry, SetAside

RETRY = Retry(attempts=3, first=timedelta(seconds=1), cap=timedelta(seconds=3))


def test_the_pauses_double_up_to_the_cap_and_then_the_event_is_parked() -> None:
    attempts = Attempts(RETRY)
    verdicts = [attempts.after(ValueError()) for _ in range(3)]
    assert verdicts == [Again(timedelta(seconds=1)), Again(timedelta(seconds=2)), SetAside()]


def test_an_event_that_cannot_succeed_is_parked_without_a_retry() -> None:
    assert Attempts(RETRY).after(Park()) == SetAside()


def test_being_away_is_waited_out_and_uses_up_no_attempt() -> None:
    attempts = Attempts(RETRY)
    for _ in range(100):
        verdict = attempts.after(Unavailable())
    assert verdict == Again(timedelta(seconds=3))
    assert attempts.failures == 0
