"""A location's document in YAML: `location` is its id, the rest is what the API takes.

Text stays text: 18:00 is no number and 2030-01-07 is no day until the schema has read it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

LOCATION: Final = "location"
# Of YAML's guesses only those that JSON has, too.
GUESSED: Final = (
    ("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), "tf"),
    ("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), "-0123456789"),
    ("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ("n", "~", "")),
)


class UnreadableFile(ValueError):
    """The file is not there, or is no document of a location."""


@dataclass(frozen=True, slots=True)
class LocationFile:
    location_id: str
    document: Mapping[str, Any]


class _Reader(yaml.SafeLoader):
    """YAML without its guesses at times, and without a name that is given twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # the library's own name and kind

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [name.value for name, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise UnreadableFile(f"Line {node.start_mark.line + 1}: {name} is given twice.")
        return super().construct_mapping(node, deep)


for _tag, _form, _first in GUESSED:
    _Reader.add_implicit_resolver(_tag, _form, list(_first))


def read_file(path: Path) -> LocationFile:
    """Raises UnreadableFile, with the line where there is one."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Reader)  # noqa: S506  # a SafeLoader
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} is not UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" in line {error.problem_mark.line + 1}"
        raise UnreadableFile(f"{path} is no YAML{line}: {error.problem}.") from None
    if not isinstance(content, dict) or not isinstance(content.get(LOCATION), str):
        raise UnreadableFile(f"{path} does not begin with `{LOCATION}: loc_…`, the location's id.")
    document = {name: value for name, value in content.items() if name != LOCATION}
    return LocationFile(content[LOCATION], document)
