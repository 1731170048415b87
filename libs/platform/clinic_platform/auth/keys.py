"""The issuer's public keys: fetched by a URL from the settings, cached, kept a day at most."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from clinic_events.errors import Unavailable

FRESH_FOR: Final = timedelta(minutes=10).total_seconds()
USABLE_FOR: Final = timedelta(hours=24).total_seconds()  # stale if the issuer does not answer
UNKNOWN_KEY_EVERY: Final = 60.0  # a forged key id makes us ask at most this often
RETRY_EVERY: Final = 5.0
FETCH_WITHIN: Final = 2.0
MAX_BYTES: Final = 64 * 1024
MIN_RSA_BITS: Final = 2048

log = structlog.get_logger()


class SigningKeys:
    """Key id → public key. Symmetric keys, and keys not meant for signing, are never among them."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._transport = transport
        self._seconds = seconds
        self._keys: Mapping[str, RSAKey | ECKey] = {}
        self._fetched_at: float | None = None
        self._asked_at: float | None = None
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> RSAKey | ECKey | None:
        """None when the issuer has no such key. Unavailable when its keys cannot be had at all."""
        if self._is_due(key_id) or self._is_on_its_way(key_id):
            async with self._fetching:
                if self._is_due(key_id):
                    await self._refresh()
        if self._age(self._fetched_at) > USABLE_FOR:
            raise Unavailable("The issuer's keys cannot be had.")
        return self._keys.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        since_asked = self._age(self._asked_at)
        if self._age(self._fetched_at) > FRESH_FOR:
            return since_asked > RETRY_EVERY
        return key_id not in self._keys and since_asked > UNKNOWN_KEY_EVERY

    def _is_on_its_way(self, key_id: str) -> bool:
        """Somebody fetches now, and what we have does not do: the first requests come together."""
        has_it = key_id in self._keys and self._age(self._fetched_at) <= USABLE_FOR
        return self._fetching.locked() and not has_it

    def _age(self, at: float | None) -> float:
        return float("inf") if at is None else self._seconds() - at

    async def _refresh(self) -> None:
        self._asked_at = self._seconds()
        try:
            async with asyncio.timeout(FETCH_WITHIN):
                document = json.loads(await self._fetch())
            keys = _signing_keys(document)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError) as e:
            log.warning("signing_keys_not_fetched", error=type(e).__name__)
            return
        if keys:
            self._keys, self._fetched_at = keys, self._seconds()

    async def _fetch(self) -> bytes:
        client = httpx.AsyncClient(
            transport=self._transport, timeout=FETCH_WITHIN, follow_redirects=False, trust_env=False
        )
        async with client, client.stream("GET", self._url) as response:
            if response.status_code != httpx.codes.OK:
                raise ValueError("The issuer did not answer with keys.")
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("The issuer's answer is too large.")
        return body


def _signing_keys(document: Any) -> dict[str, RSAKey | ECKey]:
    rows = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise ValueError("The issuer's answer is not a key set.")
    keys = [key for row in rows if (key := _signing_key(row)) is not None]
    return {key.kid: key for key in keys if key.kid}


def _signing_key(row: Any) -> RSAKey | ECKey | None:
    """None for a key that is not one of ours: kinds we do not know must not break the others."""
    if not isinstance(row, dict) or row.get("use", "sig") != "sig":
        return None
    try:
        if row.get("kty") == "RSA":
            rsa = RSAKey.import_key(row)
            return rsa if rsa.public_key.key_size >= MIN_RSA_BITS else None
        if row.get("kty") == "EC" and row.get("crv") == "P-256":
            return ECKey.import_key(row)
    except (JoseError, ValueError, TypeError, KeyError):
        log.warning("signing_key_unreadable")
    return None
