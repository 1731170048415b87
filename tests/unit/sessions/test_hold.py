"""The life of a hold: it ends once, and nothing moves its end."""

from datetime import timedelta

import pytest

from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.errors import HoldHasEnded
from tests.support.sessions import NOON, a_hold

END = NOON + timedelta(minutes=10)
BEFORE = END - timedelta(microseconds=1)


def taken() -> Hold:
    hold = a_hold()
    return hold.after(hold.take())


def test_a_hold_is_pending_until_its_end_and_expired_from_then_on() -> None:
    assert taken().status(BEFORE) == "pending"
    assert taken().status(END) == "expired"


def test_no_change_of_a_hold_moves_its_end() -> None:
    hold = taken()
    for fact in (hold.confirm(now=BEFORE), hold.release(now=BEFORE)):
        assert hold.after(fact).expires_at == hold.expires_at == END


@pytest.mark.parametrize("end", ["confirmed", "released", "expired"])
def test_what_has_ended_is_neither_confirmed_nor_released(end: str) -> None:
    hold, now = taken(), BEFORE
    if end == "confirmed":
        hold = hold.after(hold.confirm(now=now))
    elif end == "released":
        hold = hold.after(hold.release(now=now))
    else:
        now = END
    for act in (hold.confirm, hold.release):
        with pytest.raises(HoldHasEnded) as refused:
            act(now=now)
        assert refused.value.current == end
    assert hold.status(END) == end
