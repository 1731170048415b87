"""What the sessions service does later: kind of promise → handler."""

from collections.abc import Mapping

from clinic_platform.promises import Keeper
from clinic_sessions.handlers import Handlers


def keepers(handlers: Handlers) -> Mapping[str, Keeper]:
    return {}
