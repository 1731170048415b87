"""Protocols as they stand in files, and the same with something changed."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from clinic_platform.data import load_folder

DEPRESSION: Final = "iv-ketamine-depression"
FILES: Final[Mapping[str, Mapping[str, Any]]] = load_folder("clinic_sessions", "protocols")
GONE: Final = object()


def a_document(name: str = DEPRESSION, **changes: object) -> dict[str, Any]:
    """What the shipped file holds; `spacing__least_hours` reaches into it, a number into a list."""
    document = deepcopy(dict(FILES[f"{name}.yaml"]))
    for way, value in changes.items():
        change(document, way.split("__"), value)
    return document


def change(document: Any, way: list[str], value: object) -> None:
    """Set what lies at the end of the way; GONE takes it out."""
    *before, last = (int(step) if step.isdigit() else step for step in way)
    for step in before:
        document = document[step]
    if value is GONE:
        del document[last]
    elif isinstance(document, list) and last == len(document):
        document.append(value)
    else:
        document[last] = value


def told(value: float) -> dict[str, object]:
    return {"value": value, "source": "clinic default"}


def a_limit(name: str, level: str, **bounds: object) -> dict[str, object]:
    limit = {"id": name, "parameter": "systolic", "level": level, **bounds}
    return {**limit, "message": "Look.", "source": "clinic default"}
