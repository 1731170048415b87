"""Sealing what must not be read in passing: AES-256-GCM under a rotating ring of keys.

A sealed text names its key, and is bound to whom it is about: moved to another, it does not open.
"""

import hmac
import json
import os
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12  # the length for which GCM is specified; random, as NIST SP 800-38D allows


class BadKeyRing(ValueError):
    """The ring's text is not a ring. The message never holds key material."""


class CannotOpen(Exception):
    def __init__(self) -> None:
        super().__init__("What is sealed cannot be opened with this ring for this subject.")


class KeyRing:
    """Keys by name, oldest first: the last one seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise BadKeyRing(f"A key ring has at least one key, each of {KEY_BYTES} bytes.")
        if any("." in name for name in keys):
            raise BadKeyRing("The name of a key has no full stop in it.")
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        self._newest = list(keys)[-1]
        # Fingerprints must not change when a key is added, so the oldest key makes them.
        self._fingerprint_key = hmac.digest(next(iter(keys.values())), b"fingerprint", sha256)

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """From `{"2026a": "<32 bytes in base64>", …}`."""
        try:
            keys = {name: b64decode(key, validate=True) for name, key in json.loads(text).items()}
        except (ValueError, AttributeError, TypeError):
            raise BadKeyRing("A key ring is a JSON object of names and base64 keys.") from None
        return cls(keys)

    def seal(self, clear: bytes, *, about: str) -> str:
        """`<key>.<base64url of nonce and ciphertext>`: another text each time."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, clear, about.encode())
        return f"{self._newest}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, about: str) -> bytes:
        """Raises CannotOpen: unknown key, another subject, or not as it was sealed."""
        name, _, text = sealed.partition(".")
        try:
            content = urlsafe_b64decode(text)
            cipher = self._ciphers[name]
            return cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], about.encode())
        except (KeyError, ValueError, InvalidTag):
            raise CannotOpen from None

    def fingerprint(self, text: str) -> str:
        """HMAC-SHA-256 in hexadecimal: a secret can be looked up by it without being kept."""
        return hmac.new(self._fingerprint_key, text.encode(), sha256).hexdigest()
