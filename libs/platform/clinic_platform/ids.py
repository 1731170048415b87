"""Identifiers: a prefix for its kind, and 26 characters that sort by time of making."""

import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

import ulid
from ulid import ULID, ULIDGenerator

CHANCE: Final = 10  # bytes of it in each
AHEAD: Final = 512


def draw_ahead() -> None:
    """For a whole process: chance for many ids at a time. Asking the system for it at each lets go
    of the interpreter, and threads that talk to the database hold it for long."""
    drawn = _drawn()
    ulid.default_generator = ULIDGenerator(randomness=lambda _: next(drawn))


def new_id(prefix: str) -> str:
    """`ses_01J8…`: unique, and later ones sort later."""
    return f"{prefix}_{ULID()}"


def _drawn() -> Iterator[bytes]:
    while True:
        many = os.urandom(CHANCE * AHEAD)
        yield from (many[at : at + CHANCE] for at in range(0, len(many), CHANCE))


def derived_id(prefix: str, *parts: str) -> str:
    """The same id for the same parts, for what must come into being once however often it is asked.

    Joined with a character that no id has, so that no two lists of parts run into each other.
    """
    digest = sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{ULID.from_bytes(digest[:16])}"
