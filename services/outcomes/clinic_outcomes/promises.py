"""What the outcomes service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_outcomes.handlers import Handlers
from clinic_platform.promises import Keeper, inside


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {
        "open_survey": inside(handlers.surveys.open_survey),
        "expire_survey": inside(handlers.surveys.expire_survey),
        "escalate_alert": inside(handlers.risk.escalate_alert),
    }
