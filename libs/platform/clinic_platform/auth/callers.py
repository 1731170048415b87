"""A person or a service that calls, with the roles they have been granted and where."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self


class NotAuthenticated(Exception):
    """There is no token, or it is not one we accept. Never shows which rule it broke."""

    def __init__(self) -> None:
        super().__init__("A valid bearer token is needed.")


class Forbidden(Exception):
    """The principal has no role that may do this."""

    def __init__(self) -> None:
        super().__init__("None of your roles may do this.")


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, and the locations it is held at; None: at all."""

    role: str
    locations: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of a token, everything they have been granted, and until when (real time)."""

    actor: str
    grants: tuple[Grant, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal as one operation sees it: only the grants that allow it are left.

    `locations` is None when they reach all of them.
    """

    actor: str
    roles: frozenset[str]
    locations: frozenset[str] | None
    grants: tuple[Grant, ...] = ()

    @classmethod
    def by(cls, actor: str, grants: Iterable[Grant]) -> Self:
        kept = tuple(grants)
        reached: frozenset[str] | None = frozenset()
        for grant in kept:
            everywhere = reached is None or grant.locations is None
            reached = None if everywhere else (reached or frozenset()) | (grant.locations or set())
        return cls(actor, frozenset(grant.role for grant in kept), reached, kept)

    def reaches(self, location_id: str) -> bool:
        return self.locations is None or location_id in self.locations

    def roles_at(self, location_id: str) -> frozenset[str]:
        """Those held there: a prescriber of one place is not one everywhere."""
        return frozenset(
            grant.role
            for grant in self.grants
            if grant.locations is None or location_id in grant.locations
        )


ANYBODY: Final = Caller(actor="anybody", roles=frozenset(), locations=frozenset())
