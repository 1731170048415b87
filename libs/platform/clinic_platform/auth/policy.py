"""Which roles may do which operation: one table per service, read from its data file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Self

from clinic_platform.auth.callers import ANYBODY, Caller, Forbidden, NotAuthenticated, Principal
from clinic_platform.data import load


class BadPolicy(ValueError):
    """The table cannot be read, or does not fit the routes; the message names the operation."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Operation id → the roles that may; None: anybody, without a login."""

    operations: Mapping[str, frozenset[str] | None]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. Raises BadPolicy."""
        rows = document.get("operations")
        if not isinstance(rows, Mapping):
            raise BadPolicy("The policy has no operations.")
        return cls({str(operation): _roles(str(operation), row) for operation, row in rows.items()})

    def is_public(self, operation: str) -> bool:
        return self.operations[operation] is None

    def narrow(self, operation: str, principal: Principal | None) -> Caller:
        """The caller of this operation. Raises NotAuthenticated, Forbidden."""
        allowed = self.operations[operation]
        if allowed is None:
            return ANYBODY
        if principal is None:
            raise NotAuthenticated
        grants = [grant for grant in principal.grants if grant.role in allowed]
        if not grants:
            raise Forbidden
        return Caller.by(principal.actor, grants)

    def check(self, operations: Sequence[str]) -> None:
        """Every route has a row, every row a route. Raises BadPolicy naming those without."""
        if without_row := sorted(set(operations) - set(self.operations)):
            raise BadPolicy(f"These routes have no row in the policy: {', '.join(without_row)}.")
        if without_route := sorted(set(self.operations) - set(operations)):
            raise BadPolicy(f"These rows of the policy have no route: {', '.join(without_route)}.")
        if len(set(operations)) != len(operations):
            raise BadPolicy("Two routes have the same operation id.")


def _roles(operation: str, row: object) -> frozenset[str] | None:
    if not isinstance(row, Mapping) or len(row) != 1:
        raise BadPolicy(f"{operation} needs either `roles` or `public: true`.")
    if row.get("public") is True:
        return None
    roles = row.get("roles")
    if not isinstance(roles, list) or not roles or not all(isinstance(r, str) for r in roles):
        raise BadPolicy(f"{operation} names no roles.")
    return frozenset(roles)


@cache
def policy_of(package: str) -> Policy:
    """The one of the service whose package this is, read once. Raises BadPolicy."""
    return Policy.parse(load(package, "policy.yaml"))
