"""What the sessions service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_platform.promises import Keeper, inside
from clinic_sessions.handlers import Handlers
from clinic_sessions.handlers.bedside.reporting import REPORT_SERIOUS_EVENT


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {REPORT_SERIOUS_EVENT: inside(handlers.call_about_serious_event)}
