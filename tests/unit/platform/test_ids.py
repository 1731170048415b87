"""Identifiers show their kind, and either never come twice or always come the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from clinic_platform.ids import derived_id, new_id

PARTS = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x1f")), max_size=3)


def test_an_id_shows_its_kind_and_when_it_was_made() -> None:
    prefix, _, rest = new_id("ses").partition("_")
    assert prefix == "ses"
    assert len(rest) == 26
    assert ULID.from_str(rest).timestamp > 0


def test_no_id_comes_twice() -> None:
    assert len({new_id("ses") for _ in range(10_000)}) == 10_000


def test_an_id_of_a_later_millisecond_sorts_later() -> None:
    earlier = later = new_id("ses")
    while ULID.from_str(later[4:]).milliseconds == ULID.from_str(earlier[4:]).milliseconds:
        later = new_id("ses")
    assert earlier < later


@given(PARTS)
def test_the_same_parts_have_the_same_id_for_ever(parts: list[str]) -> None:
    assert derived_id("pln", *parts) == derived_id("pln", *parts)


@given(PARTS, PARTS)
def test_other_parts_have_another_id(parts: list[str], others: list[str]) -> None:
    same = derived_id("pln", *parts) == derived_id("pln", *others)
    assert same == ("\x1f".join(parts) == "\x1f".join(others))


@pytest.mark.parametrize("others", [("a", "bc"), ("abc",), ("ab", "c", ""), ("c", "ab")])
def test_parts_do_not_run_into_each_other(others: tuple[str, ...]) -> None:
    assert derived_id("pln", "ab", "c") != derived_id("pln", *others)


def test_a_derived_id_is_what_it_has_been_since_it_was_first_kept() -> None:
    assert derived_id("pln", "clr_1") == "pln_0QPQQPDYTS02CRKBV8RZNR362K"
