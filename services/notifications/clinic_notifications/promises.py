"""What this service does later: kind of promise → how it is kept."""

from collections.abc import Mapping

from clinic_notifications.handlers import ALERT, LETTER, Handlers
from clinic_platform.promises import Keeper, outside


def keepers(handlers: Handlers, *, letters_a_second: float) -> Mapping[str, Keeper]:
    """Letters go at a pace the mail server can take, however many are due; an alert never waits."""
    writing = handlers.writing
    act, settle, lapse = writing.hand_over, writing.settle, writing.note_lapse
    return {
        LETTER: outside(
            writing.letter_to_patient, act, settle, on_lapse=lapse, a_second=letters_a_second
        ),
        ALERT: outside(writing.letter_to_on_call, act, settle, on_lapse=lapse),
    }
