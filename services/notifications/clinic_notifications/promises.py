"""What this service does later: kind of promise → how it is kept."""

from collections.abc import Mapping

from clinic_notifications.handlers import ALERT, LETTER, Handlers
from clinic_platform.promises import Keeper, outside


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    writing = handlers.writing
    act, settle, lapse = writing.hand_over, writing.settle, writing.note_lapse
    return {
        LETTER: outside(writing.letter_to_patient, act, settle, on_lapse=lapse),
        ALERT: outside(writing.letter_to_on_call, act, settle, on_lapse=lapse),
    }
