"""Data files that ship with a package: clinical rules, policies, templates; never code."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from clinic_events.ports import Document

SUFFIX = ".yaml"


class UnreadableData(ValueError):
    """A file is no YAML, no mapping, or gives a name twice. The message names the file."""


class _EachNameOnce(SafeConstructor):
    """Of two values under one name nobody knows which was meant; YAML takes the later one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [name.value for name, _ in node.value]
        for name, pair in zip(names, node.value, strict=True):
            if names.count(name) > 1:
                raise yaml.MarkedYAMLError(
                    problem=f"{name} is given twice", problem_mark=pair[0].start_mark
                )
        return super().construct_mapping(node, deep)


class _OfOurs(_EachNameOnce, yaml.CSafeLoader):
    """Ten times as fast as the other, and more than half of a start was spent in that."""


class _OfOthers(_EachNameOnce, yaml.SafeLoader):
    """Lists within lists without end are an error to it; the fast one dies of them."""


def load(package: str, name: str) -> Document:
    """The YAML document at `data/<name>` in `package`. Raises UnreadableData."""
    file = files(package).joinpath("data", *name.split("/"))
    return _read(file.read_text(encoding="utf-8"), f"{package}/data/{name}", _OfOurs)


def load_folder(
    package: str, folder: str, beginnings: tuple[str, ...] = ("",)
) -> dict[str, Document]:
    """Every YAML document in `data/<folder>` of `package` whose name begins so, by its name."""
    found = files(package).joinpath("data", *folder.split("/")).iterdir()
    names = sorted(
        file.name for file in found if is_yaml(file) and file.name.startswith(beginnings)
    )
    return {name: load(package, f"{folder}/{name}".lstrip("/")) for name in names}


def parse(text: str, name: str) -> Document:
    """Whatever the text. `name` is what the file is called in a refusal. Raises UnreadableData."""
    return _read(text, name, _OfOthers)


def is_yaml(file: Traversable) -> bool:
    return file.is_file() and file.name.endswith(SUFFIX)


def _read(text: str, name: str, reader: type[_OfOurs] | type[_OfOthers]) -> Document:
    try:
        document: Any = yaml.load(text, reader)  # noqa: S506  # both construct safely
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        line = "" if mark is None else f" in line {mark.line + 1}"
        raise UnreadableData(f"{name} is no YAML{line}: {problem or 'unknown'}.") from None
    except (ValueError, RecursionError) as error:  # a date that is none; lists without end
        raise UnreadableData(f"{name} is no YAML: {type(error).__name__}.") from None
    if not isinstance(document, dict):
        raise UnreadableData(f"{name} is not a mapping.")
    return document
