"""Every event there is: name and version → contract. Upgrades an old version to today's."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from clinic_events.contracts import intake, notifications, outcomes, places, sessions, watch
from clinic_events.envelope import Event
from clinic_events.errors import Undecodable, UnknownVersion
from clinic_events.ports import Document

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
    """The contracts, by name. No two of them have one name, and every upgrade ends at one of them.

    Either is a ValueError where the catalog is made: no service starts with it.
    """

    def __init__(self, contracts: Iterable[type[Event]], upgrades: Upgrades | None = None) -> None:
        self._by_name: dict[str, type[Event]] = {}
        for contract in contracts:
            if self._by_name.setdefault(contract.name, contract) is not contract:
                raise ValueError(f"Two contracts are called {contract.name}.")
        self._upgrades = dict(upgrades or {})
        self._stems = {stem_of(name) for name in self._by_name}
        for name in self._upgrades:
            if self._end_of(name) not in self._by_name:
                raise ValueError(f"The upgrade of {name} ends at no contract.")

    def __iter__(self) -> Iterator[type[Event]]:
        return iter(sorted(self._by_name.values(), key=lambda contract: contract.name))

    def find(self, name: str) -> type[Event] | None:
        """The contract of that name; None when the name is not known at all.

        Raises UnknownVersion when the event is known in other versions only.
        """
        contract = self._by_name.get(name)
        if contract is None and name not in self._upgrades and stem_of(name) in self._stems:
            raise UnknownVersion(f"{name} is not a version of this event that is known here.")
        return contract

    def _end_of(self, name: str) -> str | None:
        """Where the upgrades lead to; None when they go round in a circle."""
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


def contracts_of(*modules: object) -> list[type[Event]]:
    return [
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Event) and thing is not Event
    ]


CATALOG: Final = Catalog(contracts_of(intake, places, sessions, watch, notifications, outcomes))
