"""The part of a service's backbone that the web needs, and that an application keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

from clinic_events.ports import Transactions
from clinic_platform.audit import Audit
from clinic_platform.auth import Authenticator, Policy
from clinic_platform.clock import Clock
from clinic_platform.idempotency import Idempotency
from clinic_platform.problems import STATUSES
from clinic_platform.settings import ServiceSettings
from clinic_platform.web.limits import RateLimit


class Platform(Protocol):
    """The part of a Kit the web stands on."""

    @property
    def settings(self) -> ServiceSettings: ...
    @property
    def database(self) -> Transactions: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def authenticator(self) -> Authenticator: ...


@dataclass(frozen=True, slots=True)
class Reception:
    """All that a route needs to receive a request."""

    platform: Platform
    policy: Policy
    problems: Mapping[type[Exception], int]
    rate_limit: RateLimit

    @property
    def refusals(self) -> tuple[type[Exception], ...]:
        """The service's own errors: refusals that are noted in the audit."""
        return tuple(self.problems)

    @property
    def answers_no(self) -> tuple[type[Exception], ...]:
        """Every refusal a request may meet: the service's, those of all services, and a body's."""
        return (*self.problems, *STATUSES, RequestValidationError)


def reception_of(request: Request) -> Reception:
    return cast(Reception, request.app.state.reception)
