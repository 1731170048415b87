"""Only a perfect token of the right issuer is a login; everything else is the same refusal."""

import asyncio
import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from clinic_events.errors import Unavailable
from clinic_platform.auth import (
    Authenticator,
    BadPolicy,
    Caller,
    Forbidden,
    Grant,
    NotAuthenticated,
    Policy,
    Principal,
)
from clinic_platform.auth.keys import SigningKeys
from clinic_platform.testing import NOON, FixedClock

ISSUER = "https://issuer.example.org"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})
SYMMETRIC = OctKey.import_key("a" * 64, {"kid": "oct"})
NOW = int(NOON.timestamp())


class Issuer:
    """Answers with its keys, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        self.body = json.dumps(
            {
                "keys": [
                    RSA.as_dict(private=False),
                    EC.as_dict(private=False),
                    {**SYMMETRIC.as_dict(private=True), "kid": "oct"},
                    {"kty": "made-up", "kid": "strange"},
                    "not a key",
                ]
            }
        ).encode()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return httpx.Response(self.status, content=self.body, headers={"location": "/elsewhere"})


def an_authenticator(issuer: Issuer | None = None, time: FixedClock | None = None) -> Authenticator:
    clock = time or FixedClock()  # both its clocks: the steady one, too
    return Authenticator(
        issuer=ISSUER,
        audience="clinic",
        jwks_url="https://issuer.example.org/jwks.json",
        max_lifetime=timedelta(minutes=15),
        clock=clock,
        transport=httpx.MockTransport(issuer or Issuer()),
        seconds=lambda: clock().timestamp(),
    )


def claims(**changes: object) -> dict[str, Any]:
    whole = {
        "iss": ISSUER,
        "sub": "usr_testa",
        "aud": "clinic",
        "iat": NOW,
        "exp": NOW + 600,
        "grants": [{"role": "nurse", "locations": ["loc_1"]}],
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def signed(key: RSAKey | ECKey = RSA, *, header: Any = None, **changes: object) -> str:
    algorithm = "ES256" if key.key_type == "EC" else "RS256"
    return jwt.encode({"alg": algorithm, "kid": key.kid, **(header or {})}, claims(**changes), key)


def b64(document: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("key", [RSA, EC])
async def test_a_good_token_names_its_caller_and_their_grants(key: RSAKey | ECKey) -> None:
    principal = await an_authenticator().principal(f"Bearer {signed(key)}")
    grants = (Grant("nurse", frozenset({"loc_1"})),)
    assert principal == Principal("usr_testa", grants, NOON + timedelta(minutes=10))


async def test_one_of_several_audiences_is_enough_and_a_star_is_every_location() -> None:
    token = signed(aud=["other", "clinic"], grants=[{"role": "org_admin", "locations": "*"}])

    principal = await an_authenticator().principal(f"bearer {token}")

    assert principal.grants == (Grant("org_admin", None),)


def with_public_key_as_secret() -> str:
    """By hand, since the library refuses to make one."""
    signing_input = f"{b64({'alg': 'HS256', 'kid': 'rsa'})}.{b64(claims())}"
    digest = hmac.digest(RSA.as_pem(private=False), signing_input.encode(), "sha256")
    return f"{signing_input}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


BAD_TOKENS = {
    "nothing": "",
    "garbage": "garbage",
    "dots": "..",
    "three parts of nothing": "a.b.c",
    "not ascii": "é.é.é",
    "a megabyte": "a" * 1_000_000,
    "eight kilobytes": signed()[:-1] + "a" * 8192,
    "alg none": f"{b64({'alg': 'none', 'kid': 'rsa'})}.{b64(claims())}.",
    "alg none, other case": f"{b64({'alg': 'nOnE', 'kid': 'rsa'})}.{b64(claims())}.",
    "alg is a list": f"{b64({'alg': ['RS256'], 'kid': 'rsa'})}.{b64(claims())}.AAAA",
    "header is a list": f"{b64([])}.{b64(claims())}.AAAA",
    "header is deep": f"{b64({'a': [[[[[[]]]]]]})}.{b64(claims())}.AAAA",
    "the symmetric key published by mistake": jwt.encode(
        {"alg": "HS256", "kid": "oct"}, claims(), SYMMETRIC, algorithms=["HS256"]
    ),
    "the public key as a secret": with_public_key_as_secret(),
    "an algorithm of another key's kind": signed(header={"kid": "ec"}),
    "a stranger's signature": signed(STRANGER),
    "an unknown key": signed(header={"kid": "nobody's"}),
    "no key id": f"{b64({'alg': 'RS256'})}.{b64(claims())}.AAAA",
    "an identity token's type": signed(header={"typ": "logout+jwt"}),
    "another issuer": signed(iss=ISSUER + "/"),
    "another audience": signed(aud="clinic2"),
    "no audience": signed(aud=None),
    "expired": signed(iat=NOW - 600, exp=NOW - 30),
    "not begun": signed(iat=NOW + 31),
    "not before": signed(nbf=NOW + 31),
    "lives too long": signed(exp=NOW + 901),
    "ends before it begins": signed(iat=NOW + 20, exp=NOW + 10),
    "no expiry": signed(exp=None),
    "expiry is text": signed(exp=str(NOW + 600)),
    "no subject": signed(sub=None),
    "an empty subject": signed(sub=""),
    "grants are an object": signed(grants={}),
    "a grant without locations": signed(grants=[{"role": "nurse"}]),
    "locations are text": signed(grants=[{"role": "nurse", "locations": "loc_1"}]),
    "too many grants": signed(grants=[{"role": "nurse", "locations": []}] * 51),
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_a_token_that_is_not_perfect_is_no_login(token: str) -> None:
    with pytest.raises(NotAuthenticated):
        await an_authenticator().principal(f"Bearer {token}")


@pytest.mark.parametrize("authorization", [None, "", "Basic dGVzdA==", "Bearer", signed()])
async def test_without_a_bearer_token_there_is_no_login(authorization: str | None) -> None:
    with pytest.raises(NotAuthenticated):
        await an_authenticator().principal(authorization)


async def test_a_changed_payload_breaks_the_signature() -> None:
    head, _, signature = signed().split(".")
    forged = f"{head}.{b64(claims(sub='usr_other'))}.{signature}"

    with pytest.raises(NotAuthenticated):
        await an_authenticator().principal(f"Bearer {forged}")


class Stopwatch:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def keys_of(issuer: Issuer, seconds: Stopwatch) -> SigningKeys:
    url = "https://issuer.example.org/jwks.json"
    return SigningKeys(url, transport=httpx.MockTransport(issuer), seconds=seconds)


async def test_forged_key_ids_do_not_make_us_hammer_the_issuer() -> None:
    issuer, seconds = Issuer(), Stopwatch()
    keys = keys_of(issuer, seconds)

    for n in range(50):
        assert await keys.find(f"forged-{n}") is None
    assert issuer.asked == 1
    seconds.now += 61
    await keys.find("forged")
    assert issuer.asked == 2


async def test_requests_that_come_together_first_of_all_wait_for_the_same_keys() -> None:
    issuer = Issuer()

    async def slowly(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return issuer(request)

    keys = SigningKeys("https://issuer.example.org", transport=httpx.MockTransport(slowly))
    found = await asyncio.gather(*(keys.find("rsa") for _ in range(8)))
    assert None not in found
    assert issuer.asked == 1


async def test_keys_outlive_an_issuer_that_is_away_but_not_for_ever() -> None:
    issuer, seconds = Issuer(), Stopwatch()
    keys = keys_of(issuer, seconds)
    assert await keys.find("rsa") is not None

    issuer.status = 500
    seconds.now += 23 * 3600
    assert await keys.find("rsa") is not None
    seconds.now += 2 * 3600
    with pytest.raises(Unavailable):
        await keys.find("rsa")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"keys": {}}', b"[" * 60_000, b" " * 70_000])
async def test_an_answer_that_is_not_a_key_set_is_no_answer(body: bytes) -> None:
    issuer = Issuer()
    issuer.body = body

    with pytest.raises(Unavailable):
        await keys_of(issuer, Stopwatch()).find("rsa")


async def test_a_redirect_is_not_followed() -> None:
    issuer = Issuer()
    issuer.status = 302

    with pytest.raises(Unavailable):
        await keys_of(issuer, Stopwatch()).find("rsa")
    assert issuer.asked == 1


POLICY = Policy.parse(
    {
        "policy": "testing",
        "version": 1,
        "operations": {
            "book": {"roles": ["front_desk", "nurse"]},
            "enquire": {"public": True},
        },
    }
)


def test_a_caller_reaches_only_where_a_grant_allows_the_operation() -> None:
    principal = Principal(
        "usr_testa",
        (Grant("nurse", frozenset({"loc_1"})), Grant("auditor", None)),
    )

    caller = POLICY.narrow("book", principal)
    kept = Grant("nurse", frozenset({"loc_1"}))
    assert caller == Caller("usr_testa", frozenset({"nurse"}), frozenset({"loc_1"}), (kept,))
    assert caller.reaches("loc_1")
    assert not caller.reaches("loc_2")


def test_one_grant_without_bounds_reaches_everywhere() -> None:
    grants = (Grant("nurse", None), Grant("front_desk", frozenset({"loc_1"})))

    assert POLICY.narrow("book", Principal("usr_testa", grants)).reaches("loc_9")


def test_a_role_that_may_not_is_forbidden_and_nobody_is_asked_to_log_in() -> None:
    with pytest.raises(Forbidden):
        POLICY.narrow("book", Principal("usr_testa", (Grant("auditor", None),)))
    with pytest.raises(NotAuthenticated):
        POLICY.narrow("book", None)
    assert POLICY.narrow("enquire", None).roles == frozenset()


def test_routes_and_rows_must_fit_one_another() -> None:
    POLICY.check(["book", "enquire"])
    with pytest.raises(BadPolicy, match=r"no row.*cancel"):
        POLICY.check(["book", "enquire", "cancel"])
    with pytest.raises(BadPolicy, match=r"no route.*enquire"):
        POLICY.check(["book"])
    with pytest.raises(BadPolicy, match="same operation id"):
        POLICY.check(["book", "book", "enquire"])


@pytest.mark.parametrize(
    "row", [None, {}, {"roles": []}, {"roles": "nurse"}, {"public": False}, {"roles": [{}]}]
)
def test_a_row_that_grants_nothing_is_refused(row: object) -> None:
    with pytest.raises(BadPolicy, match="book"):
        Policy.parse({"operations": {"book": row}})
