"""Within a version a contract only grows: what the rule lets pass, and what it does not."""

from copy import deepcopy

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clinic_events.ports import Document
from tests.contract.growth import breaks

TEXT = {"type": "string", "title": "A word"}
MAYBE = {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None}
PHONE = {"type": "object", "properties": {"number": TEXT}, "required": ["number"]}
BEFORE: Document = {
    "type": "object",
    "x-topic": "sessions.events",
    "x-keyed-by": "patient_id",
    "properties": {
        "patient_id": TEXT,
        "dose": {"type": "number"},
        "change": MAYBE,
        "call": {"$ref": "#/$defs/Phone"},
    },
    "required": ["patient_id", "dose", "call"],
    "$defs": {"Phone": PHONE},
}


@pytest.fixture
def after() -> Document:
    return deepcopy(BEFORE)


def test_what_stays_the_same_breaks_nothing(after: Document) -> None:
    assert breaks(BEFORE, after) == []


def test_a_new_field_that_may_be_missing_is_growth(after: Document) -> None:
    after["properties"]["band"] = {**MAYBE}
    after["$defs"]["Phone"]["properties"]["country"] = {**TEXT, "default": "+1"}
    assert breaks(BEFORE, after) == []


def test_better_words_are_no_change(after: Document) -> None:
    after |= {"description": "A session has begun.", "title": "Begun"}
    after["properties"]["dose"]["description"] = "In milligrams."
    assert breaks(BEFORE, after) == []


def test_another_order_of_fields_is_no_change(after: Document) -> None:
    after["required"].reverse()
    after["properties"] = dict(reversed(after["properties"].items()))
    assert breaks(BEFORE, after) == []


@pytest.mark.parametrize("field", ["dose", "change"])
def test_no_field_is_taken_away(after: Document, field: str) -> None:
    del after["properties"][field]
    after["required"] = [name for name in after["required"] if name != field]
    assert breaks(BEFORE, after) == [f"/{field} is gone"]


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("dose", {"type": "integer"}),
        ("dose", {"type": "number", "maximum": 100}),
        ("change", {"type": "number", "default": None}),
        ("change", {**MAYBE, "default": 0}),
        ("call", TEXT),
    ],
)
def test_no_field_becomes_of_another_type(after: Document, field: str, kind: Document) -> None:
    after["properties"][field] = kind
    assert breaks(BEFORE, after) == [f"/{field} is of another type"]


def test_no_field_that_was_always_there_may_be_missing(after: Document) -> None:
    after["required"].remove("dose")
    assert breaks(BEFORE, after) == ["/dose may be missing now"]


def test_no_field_that_could_be_missing_is_needed(after: Document) -> None:
    after["required"].append("change")
    assert breaks(BEFORE, after) == ["/change is needed now"]


def test_no_new_field_is_needed(after: Document) -> None:
    after["properties"]["band"] = TEXT
    after["required"].append("band")
    assert breaks(BEFORE, after) == ["/band is needed now"]


def test_what_is_inside_an_event_only_grows_too(after: Document) -> None:
    phone = after["$defs"]["Phone"]
    phone["properties"] = {"digits": TEXT}
    phone["required"] = ["digits"]
    assert breaks(BEFORE, after) == ["Phone/number is gone", "Phone/digits is needed now"]


def test_a_list_of_words_inside_an_event_stays_as_it_is() -> None:
    before: Document = {"$defs": {"Route": {"type": "string", "enum": ["iv"]}}}
    after: Document = {"$defs": {"Route": {"type": "string", "enum": ["iv", "im"]}}}
    assert breaks(before, after) == ["Route is of another type"]


@pytest.mark.parametrize("mark", ["x-topic", "x-keyed-by"])
def test_an_event_keeps_its_topic_and_its_key(after: Document, mark: str) -> None:
    after[mark] = "elsewhere"
    assert breaks(BEFORE, after) == [f"{mark} has changed"]


EDIT = st.tuples(
    # Mostly such as may be made, or hardly any two in a row would be.
    st.sampled_from(["add", "add", "add", "turn", "drop", "need", "spare"]),
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(["string", "integer"]),
)
EDITS = st.lists(EDIT, min_size=1, max_size=3)


def edited(schema: Document, edits: list[tuple[str, str, str]]) -> Document:
    fields, needed = dict(schema["properties"]), set(schema["required"])
    for edit, name, kind in edits:
        if edit == "add":
            fields.setdefault(name, {"type": kind})
        elif edit == "turn":
            fields[name] = {"type": kind}
        elif edit == "drop":
            fields.pop(name, None)
        elif edit == "need":
            needed.add(name)
        else:
            needed.discard(name)
    return {**schema, "properties": fields, "required": sorted(needed & fields.keys())}


@settings(max_examples=500)
@given(EDITS, EDITS, EDITS)
def test_what_only_grew_twice_only_grew(
    agreed: list[tuple[str, str, str]],
    once: list[tuple[str, str, str]],
    again: list[tuple[str, str, str]],
) -> None:
    """A version that came about in small steps is as good as one that came about at once."""
    first = edited({"type": "object", "properties": {}, "required": []}, agreed)
    second = edited(first, once)
    third = edited(second, again)
    assume(not breaks(first, second) and not breaks(second, third))
    assert breaks(first, third) == []
