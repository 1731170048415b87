"""Identifiers: a prefix that says what it is, and 26 characters that sort by time of making."""

from hashlib import sha256

from ulid import ULID


def new_id(prefix: str) -> str:
    """`ses_01J8…`: unique, and later ones sort later."""
    return f"{prefix}_{ULID()}"


def derived_id(prefix: str, *parts: str) -> str:
    """The same id for the same parts, for what must come into being once however often it is asked.

    Joined with a character that no id has, so that no two lists of parts run into each other.
    """
    digest = sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{ULID.from_bytes(digest[:16])}"
