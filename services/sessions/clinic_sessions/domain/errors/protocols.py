"""What can be refused about protocols."""

from collections.abc import Mapping, Sequence

from clinic_sessions.domain.errors.base import SessionsError


class UnknownProtocol(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such protocol.")


class ProtocolNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such protocol, or none of this version.")


class PlanCannotMove(SessionsError):
    """`conflicts` lists each obstacle: its kind, and the session that it is about."""

    def __init__(self, conflicts: Sequence[Mapping[str, object]]) -> None:
        super().__init__("The plan cannot be moved to this version of its protocol.")
        self.conflicts = list(conflicts)


class DraftUnreadable(SessionsError):
    """`errors` names the field of the draft, and the rule that it breaks."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__("The draft is not a protocol.")
        place = field.replace("[", ".").replace("]", "").replace(".", "/")
        pointer = f"/draft/{place}".rstrip("/")
        message = f"{field or 'The protocol'} {rule}."
        self.errors = [{"pointer": pointer, "rule": "protocol", "message": message}]
