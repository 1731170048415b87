"""What the sessions service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_platform.promises import Keeper, inside
from clinic_sessions.handlers import Handlers
from clinic_sessions.handlers.bedside.reporting import REPORT_SERIOUS_EVENT
from clinic_sessions.handlers.booking.freeing import OFFER_FREED
from clinic_sessions.handlers.drugs.forms import REPORT_FORM
from clinic_sessions.handlers.drugs.incidents import REPORT_LOSS
from clinic_sessions.handlers.drugs.parts import CLOSE_DAY
from clinic_sessions.handlers.drugs.reconciling import RECONCILE
from clinic_sessions.handlers.waiting.passing import UNANSWERED
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
        RECONCILE: inside(handlers.reconcile_drugs, on_lapse=handlers.plan_next_night),
        CLOSE_DAY: inside(handlers.call_about_day),
        REPORT_LOSS: inside(handlers.call_about_loss),
        REPORT_FORM: inside(handlers.call_about_form),
        OFFER_FREED: inside(handlers.offer_freed_time),
        UNANSWERED: inside(handlers.pass_offer_on),
    }
