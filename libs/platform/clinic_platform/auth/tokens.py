"""Bearer token → principal. Every token that is not perfect is refused the same way."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clinic_platform.auth.callers import Grant, NotAuthenticated, Principal
from clinic_platform.auth.keys import SigningKeys
from clinic_platform.auth.remembered import Remembered
from clinic_platform.clock import Clock, utc_now

# The algorithm, and the only kind of key it may be used with.
ALGORITHMS: Final[Mapping[str, str]] = {"RS256": "RSA", "ES256": "EC"}
TYPES: Final = frozenset({"jwt", "at+jwt", "application/at+jwt"})
MAX_TOKEN: Final = 8 * 1024
LEEWAY: Final = timedelta(seconds=30)
# Errors that a hostile token makes the library raise, besides its own.
UNREADABLE: Final = (JoseError, ValueError, TypeError, KeyError, RecursionError, OverflowError)

Name = Annotated[str, Field(min_length=1, max_length=200)]


class GrantClaim(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    role: Annotated[str, Field(min_length=1, max_length=64)]
    locations: Literal["*"] | Annotated[list[Name], Field(max_length=200)]

    def grant(self) -> Grant:
        return Grant(self.role, None if self.locations == "*" else frozenset(self.locations))


class Claims(BaseModel):
    """The claims we read; what else a token holds is nobody's business here."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    iss: str
    sub: Name
    aud: str | list[str]
    exp: int
    iat: int
    nbf: int = 0
    grants: Annotated[list[GrantClaim], Field(max_length=50)] = []

    @property
    def audiences(self) -> list[str]:
        return [self.aud] if isinstance(self.aud, str) else self.aud


class Authenticator:
    """Accepts one issuer's tokens for one audience. Times are real, never a sandbox's."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks_url: str,
        max_lifetime: timedelta,
        clock: Clock = utc_now,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._max_lifetime = max_lifetime
        self._clock = clock
        self._keys = SigningKeys(jwks_url, transport=transport, seconds=seconds)
        self._remembered = Remembered(clock, seconds)

    async def principal(self, authorization: str | None) -> Principal:
        """Raises NotAuthenticated; Unavailable when the issuer's keys cannot be had."""
        token = _bearer(authorization)
        return self._remembered.find(token) or await self._verified(token)

    async def _verified(self, token: bytes) -> Principal:
        key = await self._key_of(token)
        try:
            decoded = jwt.decode(token, key, algorithms=list(ALGORITHMS))
            claims = Claims.model_validate(decoded.claims)
        except (*UNREADABLE, ValidationError):
            raise NotAuthenticated from None
        if not self._accepts(claims):
            raise NotAuthenticated
        grants = tuple(claim.grant() for claim in claims.grants)
        principal = Principal(claims.sub, grants, datetime.fromtimestamp(claims.exp, UTC))
        self._remembered.keep(token, principal, ends_at=claims.exp)
        return principal

    async def _key_of(self, token: bytes) -> RSAKey | ECKey:
        """The key the token names: it may choose among the issuer's keys, and nothing else."""
        try:
            header = jws.extract_compact(token).headers()
        except UNREADABLE:
            raise NotAuthenticated from None
        algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
        if not (isinstance(algorithm, str) and isinstance(key_id, str) and isinstance(kind, str)):
            raise NotAuthenticated
        if algorithm not in ALGORITHMS or kind.lower() not in TYPES:
            raise NotAuthenticated
        key = await self._keys.find(key_id)
        if key is None or key.key_type != ALGORITHMS[algorithm]:
            raise NotAuthenticated
        return key

    def _accepts(self, claims: Claims) -> bool:
        now = self._clock().timestamp()
        leeway = LEEWAY.total_seconds()
        return (
            claims.iss == self._issuer
            and self._audience in claims.audiences
            and max(claims.iat, claims.nbf) <= now + leeway
            and now - leeway < claims.exp
            and 0 < claims.exp - claims.iat <= self._max_lifetime.total_seconds()
        )


def _bearer(authorization: str | None) -> bytes:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.isascii() or not 0 < len(token) <= MAX_TOKEN:
        raise NotAuthenticated
    return token.encode()
