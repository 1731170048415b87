"""What every refusal of this service is."""


class SessionsError(Exception):
    """A request the rules of this service do not allow."""


class Conflict(SessionsError):
    def __init__(self) -> None:
        super().__init__("Somebody else changed it at the same moment.")
