"""What can be refused about the wait-list and its offers."""

from clinic_sessions.domain.errors.base import SessionsError


class WaitingNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such entry on the wait-list.")


class OfferNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such offer.")


class AlreadyWaiting(SessionsError):
    def __init__(self) -> None:
        super().__init__("This plan is on the wait-list already: withdraw that entry first.")


class WaitingHasEnded(SessionsError):
    """`current` says how."""

    def __init__(self, current: str) -> None:
        super().__init__(f"The entry is {current}: it waits no longer.")
        self.current = current


class OfferHasEnded(SessionsError):
    """`current` says how."""

    def __init__(self, current: str) -> None:
        super().__init__(f"The offer is {current}: it can no longer be answered.")
        self.current = current


class HoldIsOffered(SessionsError):
    """`current` is the offer: accepting or declining it is the way."""

    def __init__(self, offer_id: str) -> None:
        super().__init__("The hold is kept for an offer: answer that one.")
        self.current = offer_id
