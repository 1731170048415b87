"""Who and what is to serve a visit, as far as somebody has asked for them by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from clinic_sessions.domain.booking.visit import PATIENT, Visit


@dataclass(frozen=True, slots=True)
class Wishes:
    """Names that are to serve, by kind (place, person, equipment). The rest is assigned."""

    of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def as_in(cls, visit: Visit) -> Self:
        """All that serves this visit."""
        kinds = {one.kind for one in visit.reservations} - {PATIENT}
        return cls({kind: visit.names(kind) for kind in kinds})

    def named(self, kind: str) -> frozenset[str]:
        return self.of.get(kind, frozenset())

    def are_met_by(self, visit: Visit) -> bool:
        return all(names <= visit.names(kind) for kind, names in self.of.items())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((kind, name) for kind, names in self.of.items() for name in sorted(names))


NO_WISHES: Final = Wishes()
