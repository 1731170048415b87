"""The evidence of a run: all that the checkers need, and nothing of the engine's own state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from clinic_events.memory import Place
from clinic_events.ports import Document, Message
from tests.simulation.broker import Committed
from tests.simulation.server import Written


@dataclass(frozen=True, slots=True)
class Letter:
    promise: str
    is_uncertain: bool  # marked: an earlier one may have gone out
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`acknowledged`: key → the commands that were answered as done. `publishing`, `listening`:
    every committed write of the two services' databases. `hopeless`: (key, version) that no handler
    will take. `unquiet`: why it did not become quiet in time, if so."""

    seed: int
    acknowledged: Mapping[str, Sequence[str]]
    publishing: Sequence[Written]
    listening: Sequence[Written]
    topics: Mapping[Place, Sequence[Message]]
    commits: Sequence[Committed]
    letters: Sequence[Letter]
    hopeless: frozenset[tuple[str, int]]
    unquiet: str | None
    steps: int
    seconds: float
    faults: int

    @property
    def digest(self) -> str:
        """The same for the same run, whatever ids were drawn in it."""
        both = (*self.publishing, *self.listening)
        writes = [(w.at, w.collection, _without_ids(w.after)) for w in both]
        return sha256(repr((self.steps, self.seconds, writes)).encode()).hexdigest()


def _without_ids(document: Document | None) -> object:
    return None if document is None else sorted(document)


def parked_version(parked: Document) -> int:
    """Of the event in a row of `parked`."""
    return int(dict(parked["message"]["headers"])["ce_sequence"])
