"""A treatment protocol: versioned data. Every number in its file has a source or is marked a clinic
default; this module only reads them and does the arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self


class BadProtocol(ValueError):
    """The file cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of the visit, from `after` its start, that needs each of `needs` to itself."""

    name: str
    after: timedelta
    lasts: timedelta
    needs: tuple[str, ...]

    @property
    def ends_after(self) -> timedelta:
        return self.after + self.lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseBounds:
    """In mg per kg of the weight measured that day; `absolute_mg` caps the whole dose."""

    least: float
    start: float
    soft_most: float
    hard_most: float
    absolute_mg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    name: str
    version: int
    route: str
    infusions: int
    spacing: timedelta
    dose: DoseBounds
    concentration_mg_per_ml: float
    dosing_lasts: timedelta
    phases: tuple[Phase, ...]

    @property
    def visit_lasts(self) -> timedelta:
        return max(phase.ends_after for phase in self.phases)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """From a data file; a number stands as `{value: …, source: …}`. Raises BadProtocol."""
        try:
            dose = {name: float(_value(number)) for name, number in document["dose"].items()}
            return cls(
                name=document["protocol"],
                version=document["version"],
                route=document["route"],
                infusions=int(_value(document["infusions"])),
                spacing=timedelta(hours=_value(document["spacing_hours"])),
                dose=DoseBounds(
                    least=dose["least_mg_per_kg"],
                    start=dose["start_mg_per_kg"],
                    soft_most=dose["soft_most_mg_per_kg"],
                    hard_most=dose["hard_most_mg_per_kg"],
                    absolute_mg=dose["absolute_mg"],
                ),
                concentration_mg_per_ml=float(_value(document["concentration_mg_per_ml"])),
                dosing_lasts=timedelta(minutes=_value(document["dosing_minutes"])),
                phases=tuple(_phase(phase) for phase in document["phases"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadProtocol(f"The protocol lacks or mistypes {error}.") from None


def _phase(document: Mapping[str, Any]) -> Phase:
    return Phase(
        name=document["name"],
        after=timedelta(minutes=_value(document["after_minutes"])),
        lasts=timedelta(minutes=_value(document["minutes"])),
        needs=tuple(document["needs"]),
    )


def _value(number: Mapping[str, Any]) -> float:
    """The value of a number that says where it comes from."""
    if not number["source"]:
        raise ValueError("a source")
    value: float = number["value"]
    return value
