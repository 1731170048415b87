"""What the sessions service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_platform.promises import Keeper, inside
from clinic_sessions.handlers import Handlers


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {
        "note_late_reading": inside(handlers.note_late_reading),
        "call_for_reading": inside(handlers.call_for_reading),
        "confirm_crossing": inside(handlers.confirm_crossing),
        "escalate_alarm": inside(handlers.escalate_alarm),
    }
