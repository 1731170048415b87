"""Every version of the data files that decide, with a digest of what it holds.

`clinical_data.json` has a line for each: `sessions/gates@4`, `sessions/protocols/…@2`. A receipt
and a plan name a version, so a version means one content for ever: words and numbers are changed
with a new one. Comments and the order of fields are free. `make golden` adds versions, and takes
none back.
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from clinic_events.ports import Document
from clinic_platform.data import is_yaml, load
from tests.contract.services import SERVICES

AGREED: Final = Path(__file__).with_name("clinical_data.json")


class VersionChanged(Exception):
    """Which versions no longer hold what was agreed, one line each."""


def agreed() -> dict[str, str]:
    found: dict[str, str] = json.loads(AGREED.read_text())
    return found


def found() -> Iterator[tuple[str, str]]:
    """Each version that is there and its digest; one that two files have comes twice."""
    for service in SERVICES:
        package = f"clinic_{service.name}"
        for name in _below(files(package).joinpath("data"), ""):
            document = load(package, name)
            if "version" in document:
                yield f"{service.name}/{_stem(name)}@{document['version']}", digest(document)


def with_those(known: Mapping[str, str], versions: Iterator[tuple[str, str]]) -> dict[str, str]:
    """`known` and what is new. Raises VersionChanged."""
    together, faults = dict(known), []
    for version, content in versions:
        if together.setdefault(version, content) != content:
            faults.append(f"{version} is not what was agreed. Give it a new version.")
    if faults:
        raise VersionChanged("\n".join(faults))
    return together


def digest(document: Document) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode()).hexdigest()


def _below(folder: Traversable, path: str) -> Iterator[str]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _below(entry, f"{path}{entry.name}/")
        elif is_yaml(entry):
            yield f"{path}{entry.name}"


def _stem(name: str) -> str:
    """`gates.yaml` and `gates@4.yaml` are of one line of versions."""
    return name.removesuffix(".yaml").partition("@")[0]
