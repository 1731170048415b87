"""The rule for events: within a version a contract only grows.

Two kinds of readers set it. A service of yesterday reads today's events, so nothing it counts on
may go. A service of today reads yesterday's, which stay on their topics, so nothing may be needed
that they have not got. What breaks the rule is a new version of the event.
"""

from collections.abc import Iterator
from typing import Final

from clinic_events.ports import Document

# Where an event travels, and what orders it: as much a part of the contract as its fields.
MARKS: Final = ("x-topic", "x-keyed-by", "x-about", "x-data-class", "x-tombstone")
WORDS: Final = ("title", "description")
FIELDS: Final = ("properties", "required", "$defs")


def breaks(before: Document, after: Document) -> list[str]:
    """What of the contract (a JSON schema) did not only grow; empty when all of it did."""
    moved = [f"{mark} has changed" for mark in MARKS if before.get(mark) != after.get(mark)]
    objects = _objects(after)
    return moved + [
        fault
        for name, known in _objects(before).items()
        for fault in _faults(name, known, objects.get(name, {}))
    ]


def _objects(schema: Document) -> dict[str, Document]:
    """The event itself, under no name, and the objects inside it."""
    return {"": schema, **schema.get("$defs", {})}


def _faults(name: str, before: Document, after: Document) -> Iterator[str]:
    old, new = before.get("properties", {}), after.get("properties", {})
    was_needed, is_needed = set(before.get("required", ())), set(after.get("required", ()))
    if _kind(before, *FIELDS) != _kind(after, *FIELDS):
        yield f"{name or 'the event'} is of another type"
    for field in sorted(old.keys() - new.keys()):
        yield f"{name}/{field} is gone"
    for field in sorted(old.keys() & new.keys()):
        if _kind(old[field]) != _kind(new[field]):
            yield f"{name}/{field} is of another type"
    for field in sorted(was_needed & new.keys() - is_needed):
        yield f"{name}/{field} may be missing now"
    for field in sorted(is_needed - was_needed):
        yield f"{name}/{field} is needed now"


def _kind(schema: Document, *without: str) -> Document:
    ignored = {*WORDS, *MARKS, *without}
    return {name: value for name, value in schema.items() if name not in ignored}
