"""What the intake service listens to, and what it does about it."""

from clinic_events import LocationPublished, RiskClosed, RiskRaised, Subscription, on
from clinic_intake.handlers import Handlers


def subscriptions(handlers: Handlers) -> list[Subscription]:
    return [
        on(LocationPublished, handlers.note_location, repeatable=True),
        on(RiskRaised, handlers.note_risk_raised, repeatable=True),
        on(RiskClosed, handlers.note_risk_closed, repeatable=True),
    ]
