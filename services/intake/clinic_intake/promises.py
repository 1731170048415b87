"""What the intake service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_intake.handlers import Handlers
from clinic_intake.handlers.clearing import EXPIRE_CLEARANCE
from clinic_platform.promises import Keeper, inside


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {EXPIRE_CLEARANCE: inside(handlers.expire_clearance)}
