"""Every schema that was ever agreed, in a line for each event and version that only gets longer.

`schemas/sessions/SessionBooked.v1/1.json`, `2.json` and so on. Each has its digest in
`schemas/accepted.json`; a digest is made of the schema and of the digest before it. So a schema
that is edited after it was agreed is noticed, also if the code was edited with it, and whoever
edits its digest too has to write all the later ones again.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from clinic_events.catalog import NAME
from clinic_events.ports import Document
from tests.contract.growth import breaks

SCHEMAS: Final = Path(__file__).parent / "schemas"
ACCEPTED: Final = "accepted.json"


class Refused(Exception):
    """Why a schema is not taken into the history, one line for each reason."""


@dataclass(frozen=True, slots=True)
class Histories:
    """All of them, in a folder."""

    folder: Path = SCHEMAS

    def of(self, name: str) -> list[Document]:
        """The schemas of `sessions.session_booked.v1`, the oldest first."""
        return [json.loads(path.read_text()) for path in self._paths(name)]

    def accept(self, name: str, schema: Document) -> None:
        """Add it, if it is new. Raises Refused."""
        known = self.of(name)
        faults = [*self.edited(name), *broken(name, [*known, schema])]
        if faults:
            raise Refused("\n".join(faults))
        if known and known[-1] == schema:
            return
        path = self._folder(name) / f"{len(known) + 1}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_text(schema))
        digests = self._digests()
        digests[name] = self._chain(name)
        (self.folder / ACCEPTED).write_text(_text(digests))

    def edited(self, name: str) -> Iterator[str]:
        """What is no longer as it was agreed: a schema, or its place in the line."""
        accepted, found = self._digests().get(name, []), self._chain(name)
        for number in range(1, max(len(accepted), len(found)) + 1):
            if accepted[number - 1 : number] != found[number - 1 : number]:
                yield f"{name}: {number}.json is not what was agreed. Restore it."
                return

    def names(self) -> set[str]:
        """Of what has a history here, on either list."""
        folders = {path.parent for path in self.folder.rglob("*.json")} - {self.folder}
        known = {name: self._folder(name) for name in self._digests()}
        strays = {str(folder.relative_to(self.folder)) for folder in folders - {*known.values()}}
        return {*known} | strays

    def _digests(self) -> dict[str, list[str]]:
        path = self.folder / ACCEPTED
        found: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _chain(self, name: str) -> list[str]:
        digests = [name]
        for path in self._paths(name):
            digests.append(sha256(digests[-1].encode() + path.read_bytes()).hexdigest())
        return digests[1:]

    def _paths(self, name: str) -> list[Path]:
        paths = self._folder(name).glob("*.json")
        return sorted(paths, key=lambda path: int(path.stem))

    def _folder(self, name: str) -> Path:
        match = NAME.fullmatch(name)
        assert match is not None, "The catalog holds names with versions only."
        producer, _, stem = match["stem"].partition(".")
        title = "".join(word.capitalize() for word in stem.split("_"))
        return self.folder / producer / f"{title}.v{match['version']}"


def broken(name: str, schemas: Sequence[Document]) -> list[str]:
    """Of every two of a line the later one only grew: whoever reads either can read the other."""
    return [
        f"{name}: {fault}. Make it a new version."
        for number, before in enumerate(schemas)
        for after in schemas[number + 1 :]
        for fault in breaks(before, after)
    ]


def _text(document: object) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
