"""The catalogue: every event's contract by name and version, and upgrades of old versions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from clinic_events.contracts import (
    intake,
    notifications,
    outcomes,
    places,
    sessions,
    waiting,
    watch,
)
from clinic_events.envelope import Event
from clinic_events.errors import CannotStart, Undecodable, UnknownVersion
from clinic_events.ports import Document
from clinic_events.topics import Topic

NAME: Final = re.compile(r"(?P<stem>[a-z_]+\.[a-z_]+)\.v(?P<version>[1-9][0-9]*)")

# From an old name: the next name, and the old body as the next version has it.
Upgrade: TypeAlias = Callable[[Document], Document]
Upgrades: TypeAlias = Mapping[str, tuple[str, Upgrade]]


@lru_cache(maxsize=1_000)  # a bound, since anybody may have written the name
def stem_of(name: str) -> str:
    """`sessions.session_completed` of `sessions.session_completed.v1`; Undecodable otherwise."""
    match = NAME.fullmatch(name)
    if match is None:
        raise Undecodable("The type is not a name with a version.")
    return match["stem"]


class Catalog:
    """The contracts, by name. One that breaks a rule is left out and listed in `faults`: no service
    starts while there are any.
    """

    def __init__(self, contracts: Iterable[type[Event]], upgrades: Upgrades | None = None) -> None:
        self._by_name: dict[str, type[Event]] = {}
        self.faults: list[str] = []
        for contract in contracts:
            wrong = [*_wrong_in(contract)]
            if not wrong and self._by_name.setdefault(contract.name, contract) is not contract:
                wrong = [f"Two contracts are called {contract.name}."]
            self.faults += wrong
        self._upgrades = dict(upgrades or {})
        self._stems = {stem_of(name) for name in self._by_name}
        for name in self._upgrades:
            if self.end_of(name) not in self._by_name:
                self.faults.append(f"The upgrade of {name} ends at no contract.")

    def __iter__(self) -> Iterator[type[Event]]:
        return iter(sorted(self._by_name.values(), key=lambda contract: contract.name))

    def check(self) -> None:
        """Raises CannotStart, with all faults in one line."""
        if self.faults:
            raise CannotStart(f"The catalogue of events is broken. {' '.join(self.faults)}")

    def find(self, name: str) -> type[Event] | None:
        """The contract of that name; None when the name is not known at all.

        Raises UnknownVersion when the event is known in other versions only.
        """
        contract = self._by_name.get(name)
        if contract is None and name not in self._upgrades and stem_of(name) in self._stems:
            raise UnknownVersion(f"{name} is not a version of this event that is known here.")
        return contract

    def end_of(self, name: str) -> str | None:
        """The name the upgrades lead to, without any its own; None when they go in a circle."""
        passed: set[str] = set()
        while name in self._upgrades and name not in passed:
            passed.add(name)
            name, _ = self._upgrades[name]
        return None if name in passed else name

    def upgrade(self, name: str, body: Document) -> tuple[str, Document]:
        """The body as today's version of the event has it, and that version's name."""
        while name in self._upgrades:
            name, change = self._upgrades[name]
            body = change(body)
        return name, body


def _wrong_in(contract: type[Event]) -> Iterator[str]:
    """The rules of `Event` that its declaration breaks."""
    called = contract.__name__
    name = getattr(contract, "name", "")
    if NAME.fullmatch(name) is None:
        yield f"{called} is called {name!r}, which is no name with a version."
    if not isinstance(getattr(contract, "topic", None), Topic):
        yield f"{called} names no topic."
    for rule in ("about", "keyed_by"):
        field = getattr(contract, rule, None)
        if field not in contract.model_fields and not hasattr(contract, str(field)):
            yield f"{called} names {field!r} as `{rule}`, which is no field of it."
    if contract.is_tombstone and not _can_be_tombstone(contract):
        yield f"{called} is a tombstone: it has its key alone, on a compacted topic."


def _can_be_tombstone(contract: type[Event]) -> bool:
    return [*contract.model_fields] == [contract.keyed_by] and contract.topic.is_compacted


def contracts_of(*modules: object) -> list[type[Event]]:
    return [
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Event) and thing is not Event
    ]


CATALOG: Final = Catalog(
    contracts_of(intake, places, sessions, watch, waiting, notifications, outcomes)
)
