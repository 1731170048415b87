"""A token that was accepted is known for a minute, and no token is known that was not."""

import json
from datetime import timedelta

import pytest

from clinic_platform.auth import NotAuthenticated, Principal
from clinic_platform.auth.remembered import MOST, Remembered
from clinic_platform.testing import FixedClock
from tests.unit.platform.test_auth import EC, NOW, RSA, Issuer, an_authenticator, signed


async def test_a_key_that_is_taken_back_counts_a_minute_longer_at_most() -> None:
    issuer, time = Issuer(), FixedClock()
    authenticator, token = an_authenticator(issuer, time), f"Bearer {signed(EC, exp=NOW + 800)}"
    await authenticator.principal(token)
    issuer.body = json.dumps({"keys": [RSA.as_dict(private=False)]}).encode()
    time.now += timedelta(minutes=10, seconds=-1)
    with_old_keys = await authenticator.principal(token)

    time.now += timedelta(seconds=59)
    assert await authenticator.principal(token) == with_old_keys
    time.now += timedelta(seconds=1)
    with pytest.raises(NotAuthenticated):
        await authenticator.principal(token)


async def test_a_remembered_token_ends_at_its_own_end() -> None:
    """The leeway is for clocks that differ; one that was seen to be good has had it."""
    time = FixedClock()
    remembered = Remembered(time, lambda: 0.0)
    principal = Principal("usr_testa", ())
    remembered.keep(b"token", principal, ends_at=NOW + 10)

    time.now += timedelta(seconds=9)
    assert remembered.find(b"token") == principal
    time.now += timedelta(seconds=1)
    assert remembered.find(b"token") is None


async def test_a_token_that_was_refused_is_judged_anew() -> None:
    """A refused token is not kept: a token of tomorrow is good tomorrow."""
    time = FixedClock()
    authenticator = an_authenticator(time=time)
    early = f"Bearer {signed(iat=NOW + 60, exp=NOW + 600)}"
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            await authenticator.principal(early)

    time.now += timedelta(minutes=1)
    assert (await authenticator.principal(early)).actor == "usr_testa"


async def test_a_token_is_another_as_soon_as_one_letter_is() -> None:
    authenticator, token = an_authenticator(), signed()
    await authenticator.principal(f"Bearer {token}")

    head, body, signature = token.split(".")
    for forged in (f"{head}.{body}.{'A' * len(signature)}", f"{head}.{body}.", f"{head}.{body}"):
        with pytest.raises(NotAuthenticated):
            await authenticator.principal(f"Bearer {forged}")


def test_so_many_tokens_are_remembered_and_no_more() -> None:
    remembered = Remembered(FixedClock(), lambda: 0.0)
    for number in range(MOST + 1):
        remembered.keep(str(number).encode(), Principal(str(number), ()), ends_at=NOW + 60)

    assert remembered.find(b"0") is None
    assert remembered.find(str(MOST).encode()) == Principal(str(MOST), ())
