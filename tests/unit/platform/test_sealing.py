"""Sealing what must not be read in passing."""

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_platform.sealing import BadKeyRing, CannotOpen, KeyRing

OLD, NEW = b"o" * 32, b"n" * 32
RING = KeyRing({"old": OLD, "new": NEW})


@given(st.binary(max_size=500), st.text(max_size=30))
def test_a_sealed_text_opens_as_it_was(clear: bytes, about: str) -> None:
    assert RING.open(RING.seal(clear, about=about), about=about) == clear


def test_it_does_not_open_for_somebody_else() -> None:
    sealed = RING.seal(b"card", about="pat_1")
    with pytest.raises(CannotOpen):
        RING.open(sealed, about="pat_2")


@pytest.mark.parametrize("garbage", ["", ".", "new.", "new.AAAA", "new.!!", "gone.AAAA", "ü.é"])
def test_garbage_does_not_open(garbage: str) -> None:
    with pytest.raises(CannotOpen):
        RING.open(garbage, about="pat_1")


def test_after_a_rotation_old_seals_open_and_fingerprints_stay() -> None:
    before = KeyRing({"old": OLD})
    assert RING.open(before.seal(b"card", about="pat_1"), about="pat_1") == b"card"
    assert RING.seal(b"card", about="pat_1").startswith("new.")
    assert RING.fingerprint("secret") == before.fingerprint("secret") != "secret"


def test_a_ring_is_read_from_json() -> None:
    ring = KeyRing.parse(json.dumps({"old": b64encode(OLD).decode()}))
    assert ring.open(KeyRing({"old": OLD}).seal(b"x", about="a"), about="a") == b"x"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"a": "short"}', '{"a": 1}', '{"a": "c2hvcnQ="}']
)
def test_a_text_that_is_no_ring_is_refused_without_showing_the_key(text: str) -> None:
    with pytest.raises(BadKeyRing) as refused:
        KeyRing.parse(text)
    assert "short" not in str(refused.value)
