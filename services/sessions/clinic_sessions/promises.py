"""What the sessions service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_platform.promises import Keeper, inside
from clinic_sessions.handlers import Handlers
from clinic_sessions.handlers.bedside.reporting import REPORT_SERIOUS_EVENT
from clinic_sessions.handlers.watch.alarming import ESCALATE
from clinic_sessions.handlers.watch.expecting import LATE, OVERDUE
from clinic_sessions.handlers.watch.weighing import CONFIRM


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {
        REPORT_SERIOUS_EVENT: inside(handlers.call_about_serious_event),
        LATE: inside(handlers.note_late_reading),
        OVERDUE: inside(handlers.call_for_reading),
        CONFIRM: inside(handlers.confirm_crossing),
        ESCALATE: inside(handlers.escalate_alarm),
    }
