"""The four services as these tests see them: doors, policy, refusals, events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Final, TypeVar

from clinic_events import Subscription
from clinic_intake import publishing as intake_publishing
from clinic_intake import routes as intake
from clinic_intake.domain import errors as intake_errors
from clinic_intake.handlers import Handlers as IntakeHandlers
from clinic_intake.subscriptions import subscriptions as intake_subscriptions
from clinic_notifications import handlers as notifications_handlers
from clinic_notifications import publishing as notifications_publishing
from clinic_notifications import routes as notifications
from clinic_notifications.domain import errors as notifications_errors
from clinic_notifications.subscriptions import subscriptions as notifications_subscriptions
from clinic_outcomes import handlers as outcomes_handlers
from clinic_outcomes import publishing as outcomes_publishing
from clinic_outcomes import routes as outcomes
from clinic_outcomes.domain import errors as outcomes_errors
from clinic_outcomes.subscriptions import subscriptions as outcomes_subscriptions
from clinic_platform.auth import Policy
from clinic_platform.data import load
from clinic_platform.web import Router
from clinic_platform.web.router import Route
from clinic_sessions import publishing as sessions_publishing
from clinic_sessions import routes as sessions
from clinic_sessions.domain import errors as sessions_errors
from clinic_sessions.handlers import Handlers as SessionsHandlers
from clinic_sessions.subscriptions import subscriptions as sessions_subscriptions

H = TypeVar("H")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    name: str
    routers: Sequence[Router]
    problems: Mapping[type[Exception], int]
    errors: ModuleType
    publishing: ModuleType
    subscriptions: Sequence[Subscription] = field(repr=False)  # of handlers that cannot be shown

    @property
    def routes(self) -> list[Route]:
        routes = [route for router in self.routers for route in router.routes]
        return [route for route in routes if isinstance(route, Route)]

    @property
    def operations(self) -> list[str]:
        return [str(route.operation_id) for route in self.routes]

    @property
    def policy(self) -> Policy:
        return Policy.parse(load(f"clinic_{self.name}", "policy.yaml"))


def idle(kind: type[H]) -> H:
    """Handlers that can be named, and nothing else: they have nothing to work with."""
    return object.__new__(kind)


SERVICES: Final = (
    Service(
        name="intake",
        routers=intake.ROUTERS,
        problems=intake.PROBLEMS,
        errors=intake_errors,
        publishing=intake_publishing,
        subscriptions=intake_subscriptions(idle(IntakeHandlers)),
    ),
    Service(
        name="sessions",
        routers=sessions.ROUTERS,
        problems=sessions.PROBLEMS,
        errors=sessions_errors,
        publishing=sessions_publishing,
        subscriptions=sessions_subscriptions(idle(SessionsHandlers)),
    ),
    Service(
        name="notifications",
        routers=[notifications.router],
        problems=notifications.PROBLEMS,
        errors=notifications_errors,
        publishing=notifications_publishing,
        subscriptions=notifications_subscriptions(
            notifications_handlers.Handlers(
                learning=idle(notifications_handlers.Learning),
                planning=idle(notifications_handlers.Planning),
                writing=idle(notifications_handlers.Writing),
                choosing=idle(notifications_handlers.Choosing),
                erasing=idle(notifications_handlers.Erasing),
            )
        ),
    ),
    Service(
        name="outcomes",
        routers=outcomes.ROUTERS,
        problems=outcomes.PROBLEMS,
        errors=outcomes_errors,
        publishing=outcomes_publishing,
        subscriptions=outcomes_subscriptions(
            outcomes_handlers.Handlers(
                planning=idle(outcomes_handlers.Planning),
                surveys=idle(outcomes_handlers.Surveys),
                risk=idle(outcomes_handlers.Risk),
                erasing=idle(outcomes_handlers.Erasing),
            )
        ),
    ),
)
