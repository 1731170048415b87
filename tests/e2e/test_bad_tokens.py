"""A caller who is not who they claim to be, or not from here, gets nothing, and no reason."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from clinic_ctl.stack.issuer import AUDIENCE
from clinic_ctl.stack.stack import Stack
from clinic_platform.settings import DEVELOPMENT_ISSUER
from tests.support.visitor import Visitor, fault_of

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE


class Forger:
    """Makes tokens that are almost right. Without any change they are."""

    def __init__(self, folder: Path) -> None:
        self.key = ECKey.import_key(json.loads((folder / "issuer-key.json").read_text()))
        now = int(datetime.now(UTC).timestamp())
        self.claims: dict[str, Any] = {
            "iss": DEVELOPMENT_ISSUER,
            "sub": "usr_zwcanary",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 600,
            "grants": [{"role": "nurse", "locations": "*"}],
        }
        self.header = {"alg": "ES256", "kid": self.key.kid, "typ": "JWT"}

    def token(self, *, header: Mapping[str, object] | None = None, **claims: object) -> str:
        """A claim of None is left out."""
        claims = {k: v for k, v in {**self.claims, **claims}.items() if v is not None}
        return "Bearer " + jwt.encode({**self.header, **(header or {})}, claims, self.key)

    def later(self, seconds: int) -> int:
        return int(self.claims["iat"]) + seconds

    def by_another_key(self) -> str:
        return "Bearer " + jwt.encode(self.header, self.claims, ECKey.generate_key("P-256"))

    def by_the_public_key_as_a_secret(self) -> str:
        """Written by hand: the library refuses to."""
        signed = f"{_encoded({**self.header, 'alg': 'HS256'})}.{_encoded(self.claims)}"
        secret = self.key.as_pem(private=False)
        return f"Bearer {signed}.{_in_base64(hmac.digest(secret, signed.encode(), 'sha256'))}"

    def unsigned(self) -> str:
        _, claims, _ = self.token().split(".")
        return f"Bearer {_encoded({**self.header, 'alg': 'none'})}.{claims}."

    def with_other_claims_under_the_same_signature(self) -> str:
        header, _, signature = self.token().split(".")
        return f"{header}.{_encoded({**self.claims, 'sub': 'usr_other'})}.{signature}"


def _encoded(part: Mapping[str, object]) -> str:
    return _in_base64(json.dumps(part).encode())


def _in_base64(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


FORGED: Final[Mapping[str, Callable[[Forger], str]]] = {
    "none": lambda f: "",
    "another scheme": lambda f: "Basic zwcanary",
    "no token at all": lambda f: "Bearer zwcanary",
    "three dots": lambda f: "Bearer ...",
    "a very long one": lambda f: "Bearer " + "a" * 9_000,
    "expired": lambda f: f.token(iat=f.later(-HOUR), exp=f.later(-MINUTE)),
    "not yet valid": lambda f: f.token(nbf=f.later(5 * MINUTE)),
    "from the future": lambda f: f.token(iat=f.later(HOUR), exp=f.later(2 * HOUR)),
    "valid for too long": lambda f: f.token(exp=f.later(25 * HOUR)),
    "valid for ever": lambda f: f.token(exp=None),
    "ending in words": lambda f: f.token(exp="tomorrow"),
    "of nobody": lambda f: f.token(sub=None),
    "for somebody else": lambda f: f.token(aud="another"),
    "by another issuer": lambda f: f.token(iss="https://issuer.example.org"),
    "by another key": Forger.by_another_key,
    "by a key nobody knows": lambda f: f.token(header={"kid": "zwcanary"}),
    "unsigned": Forger.unsigned,
    "by the public key": Forger.by_the_public_key_as_a_secret,
    "under a borrowed signature": Forger.with_other_claims_under_the_same_signature,
    "of another kind": lambda f: f.token(header={"typ": "dpop+jwt"}),
}


@pytest.fixture
def forger(clinic: Stack) -> Forger:
    return Forger(clinic.folder)


@pytest.mark.parametrize("kind", FORGED)
async def test_a_token_that_is_not_perfect_opens_nothing(
    visitor: Visitor, forger: Forger, kind: str
) -> None:
    token = FORGED[kind](forger)
    wrong = {
        operation.id: fault
        for operation in visitor.operations
        if operation.role is not None
        and (fault := fault_of(await visitor.send(operation, token=token), 401))
    }
    assert wrong == {}


async def test_the_same_token_unchanged_is_believed(visitor: Visitor, forger: Forger) -> None:
    """Else the forged ones would prove nothing."""
    for operation in visitor.operations:
        answer = await visitor.send(operation, token=forger.token())
        assert operation.role is None or answer.status_code != 401, operation.id


@pytest.mark.parametrize("grants", [None, [], [{"role": "zwcanary", "locations": "*"}]])
async def test_a_role_that_may_not_opens_nothing(
    visitor: Visitor, forger: Forger, grants: object
) -> None:
    for operation in visitor.operations:
        if operation.role is not None:
            answer = await visitor.send(operation, token=forger.token(grants=grants))
            assert fault_of(answer, 403) == "", operation.id
