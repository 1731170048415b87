"""A location as this service last received it, and what a person in danger is shown there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Crisis:
    """Public words, the same for everyone at a place."""

    text: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    location_id: str
    version: int
    zone: str
    crisis: Crisis


@dataclass(frozen=True, slots=True, kw_only=True)
class CrisisPolicy:
    """Which findings of a screening show the crisis text, and what is shown where the place is
    not known."""

    rules: frozenset[str]
    general: Crisis

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. ValueError when it has another form."""
        rules, general = document.get("rules"), document.get("general")
        if not isinstance(rules, list) or not rules or not isinstance(general, Mapping):
            raise ValueError("The crisis policy needs `rules` and `general`.")
        crisis = Crisis(text=str(general["text"]), phone=str(general["phone"]))
        return cls(rules=frozenset(str(rule) for rule in rules), general=crisis)

    def at(self, place: Place | None) -> Crisis:
        return self.general if place is None else place.crisis
