"""What every refusal of this service is."""


class SessionsError(Exception):
    """A request the rules of this service do not allow."""

    def at_place(self, place: int, of: str) -> None:
        """Of many that were sent it is about this one, from 0: `conflicts` names it, too."""
        known = getattr(self, "conflicts", [])
        self.__dict__["conflicts"] = [*known, {"kind": of, "index": place}]


class Conflict(SessionsError):
    def __init__(self) -> None:
        super().__init__("Somebody else changed it at the same moment.")
