"""The issuer of development: a key in a folder, tokens on demand. Production settings refuse it."""

import json
import os
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from clinic_platform.settings import DEVELOPMENT_ISSUER

AUDIENCE: Final = "clinic"
EVERYWHERE: Final = "*"
LIVES: Final = timedelta(hours=12)


class Issuer:
    """Signs with the key kept at `path`, made on first use and readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            private = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                json.dump(private, file)
        self._key = ECKey.import_key(json.loads(path.read_text()))

    @property
    def key_set(self) -> dict[str, object]:
        """The public half, as a JWK set."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": "ES256"}]}

    def mint(
        self,
        role: str,
        locations: Sequence[str] = (),
        *,
        actor: str | None = None,
        lives: timedelta = LIVES,
    ) -> str:
        """A token for somebody with that role there; at every location when none is named."""
        now = int(time.time())
        claims = {
            "iss": DEVELOPMENT_ISSUER,
            "aud": AUDIENCE,
            "sub": actor or f"usr_{role}",
            "iat": now,
            "exp": now + int(lives.total_seconds()),
            "grants": [{"role": role, "locations": list(locations) or EVERYWHERE}],
        }
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self._key.kid}
        return jwt.encode(header, claims, self._key)
