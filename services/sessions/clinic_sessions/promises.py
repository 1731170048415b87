"""What the sessions service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_platform.promises import Keeper, inside
from clinic_sessions.handlers import Handlers
from clinic_sessions.handlers.drugs.forms import REPORT_FORM
from clinic_sessions.handlers.drugs.incidents import REPORT_LOSS
from clinic_sessions.handlers.drugs.reconciling import RECONCILE


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {
        RECONCILE: inside(handlers.reconcile_drugs, on_lapse=handlers.plan_next_night),
        REPORT_LOSS: inside(handlers.call_about_loss),
        REPORT_FORM: inside(handlers.call_about_form),
    }
