"""Development's tokens are accepted by the services' own check, and its secrets are kept."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from clinic_ctl.stack.issuer import AUDIENCE, Issuer, UnknownRole
from clinic_ctl.stack.kept import kept, sealing_keys
from clinic_platform.auth import Authenticator, NotAuthenticated
from clinic_platform.sealing import KeyRing
from clinic_platform.settings import DEVELOPMENT_ISSUER


def an_authenticator(issuer: Issuer) -> Authenticator:
    return Authenticator(
        issuer=DEVELOPMENT_ISSUER,
        audience=AUDIENCE,
        jwks_url="http://issuer.example.org/keys",
        max_lifetime=timedelta(hours=24),
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=issuer.key_set())),
    )


async def test_a_token_speaks_for_its_role_at_its_location(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    token = issuer.mint("nurse", ["loc_1"], minutes=5)
    principal = await an_authenticator(issuer).principal(f"Bearer {token}")
    [grant] = principal.grants
    assert (grant.role, grant.locations) == ("nurse", frozenset({"loc_1"}))


async def test_a_token_for_no_location_reaches_all(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    principal = await an_authenticator(issuer).principal(f"Bearer {issuer.mint('auditor')}")
    assert principal.grants[0].locations is None


async def test_another_stacks_token_is_refused(tmp_path: Path) -> None:
    token = Issuer(tmp_path / "theirs").mint("nurse")
    with pytest.raises(NotAuthenticated):
        await an_authenticator(Issuer(tmp_path / "ours")).principal(f"Bearer {token}")


async def test_a_token_from_before_a_restart_is_good_after_it(tmp_path: Path) -> None:
    token = Issuer(tmp_path).mint("nurse")
    assert await an_authenticator(Issuer(tmp_path)).principal(f"Bearer {token}")


def test_a_role_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownRole, match="wizard is not a role"):
        Issuer(tmp_path).mint("wizard")


def test_the_keys_that_are_published_hold_no_private_half(tmp_path: Path) -> None:
    key_set = json.dumps(Issuer(tmp_path).key_set())
    assert '"d":' in (tmp_path / "issuer-key.json").read_text()
    assert '"d":' not in key_set


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    KeyRing.parse(sealing_keys(tmp_path))
    Issuer(tmp_path)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_all_who_come_at_once_get_the_same_secret(tmp_path: Path) -> None:
    numbers = iter(range(100))
    with ThreadPoolExecutor(8) as pool:
        texts = set(pool.map(lambda _: kept(tmp_path / "x", lambda: str(next(numbers))), range(50)))
    assert len(texts) == 1
