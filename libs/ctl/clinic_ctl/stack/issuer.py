"""The issuer of tokens for development. No service in production accepts it."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from clinic_ctl.stack.kept import kept
from clinic_platform.clock import Clock, utc_now
from clinic_platform.ids import new_id
from clinic_platform.settings import DEVELOPMENT_ISSUER

AUDIENCE: Final = "clinic"
ALGORITHM: Final = "ES256"
# The rows of each service's policy table name these.
ROLES: Final = (
    *("patient", "front_desk", "nurse", "prescriber", "therapist"),
    *("location_admin", "org_admin", "auditor", "service"),
)


class UnknownRole(ValueError):
    def __init__(self, role: str) -> None:
        super().__init__(f"{role} is not a role; there are {', '.join(ROLES)}.")


class Issuer:
    """Signs with a key kept in the stack's folder."""

    def __init__(self, folder: Path, *, clock: Clock = utc_now) -> None:
        text = kept(folder / "issuer-key.json", _new_key)
        self._key = ECKey.import_key(json.loads(text))
        self._clock = clock

    def key_set(self) -> dict[str, object]:
        """What the services fetch: the public half only."""
        public = {**self._key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
        return {"keys": [public]}

    def mint(
        self,
        role: str,
        locations: Sequence[str] = (),
        minutes: int = 60,
        *,
        subject: str | None = None,
    ) -> str:
        """A bearer token for one role at these locations; at all of them when none is named.

        Raises UnknownRole. Services refuse a token that lives longer than a day.
        """
        if role not in ROLES:
            raise UnknownRole(role)
        now = self._clock()
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, self._claims(role, locations, subject, now, minutes), self._key)

    def _claims(
        self, role: str, locations: Sequence[str], subject: str | None, now: datetime, minutes: int
    ) -> dict[str, object]:
        return {
            "iss": DEVELOPMENT_ISSUER,
            "sub": subject or f"dev-{role}",
            "aud": AUDIENCE,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=minutes)).timestamp()),
            "jti": new_id("tok"),
            "grants": [{"role": role, "locations": list(locations) or "*"}],
        }


def _new_key() -> str:
    key = ECKey.generate_key("P-256", auto_kid=True)
    return json.dumps(key.as_dict(private=True))
