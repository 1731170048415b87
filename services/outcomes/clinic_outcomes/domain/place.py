"""A place and the words it has for somebody in danger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from clinic_outcomes.domain.documents import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Crisis:
    text: str
    phone: str

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """The words for places that have none of their own."""
        fields = Fields(document, "risk-policy").inside("crisis")
        return cls(text=fields.one("text", str), phone=fields.one("phone", str))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    location_id: str
    version: int
    display_name: str
    zone: str
    crisis: Crisis
