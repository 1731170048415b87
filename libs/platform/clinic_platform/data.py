"""Data files that ship with a package: clinical rules, policies, templates; never code."""

from importlib.resources import files
from typing import Any

import yaml

from clinic_events.ports import Document


def load(package: str, name: str) -> Document:
    """The YAML document at `data/<name>` in `package`. ValueError when it is not a mapping."""
    text = files(package).joinpath("data", *name.split("/")).read_text(encoding="utf-8")
    document: Any = yaml.safe_load(text)
    if not isinstance(document, dict):
        raise ValueError(f"{package}/data/{name} is not a mapping.")
    return document
