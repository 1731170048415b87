"""What can be refused about readings and alarms."""

from collections.abc import Sequence
from typing import Final

from clinic_sessions.domain.errors.base import SessionsError

OPEN_ALARM: Final = (
    "An alarm to pause or to stop is open. A device is given once it is closed; an infusion is "
    "resumed once it is closed, or by a prescriber once it is acknowledged."
)
TO_CONFIRM: Final = (
    "A limit to pause or to stop was passed once and waits to be measured again. No device is "
    "given and no infusion is resumed before that."
)


class AlarmNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such alarm.")


class AlarmNotAllowed(SessionsError):
    """An arrow that is not drawn. `allowed` lists those that are."""

    def __init__(self, now: str, then: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"An alarm that is {now} cannot become {then}.")
        self.allowed = list(allowed)


class AlarmStands(SessionsError):
    """`conflicts` names each alarm, its concern, its level and its status, and each limit that was
    passed once, with its concern and its level."""

    def __init__(
        self,
        alarms: Sequence[tuple[str, str, str, str]],
        to_confirm: Sequence[tuple[str, str, str]],
    ) -> None:
        why = [OPEN_ALARM] if alarms else []
        super().__init__(" ".join([*why, TO_CONFIRM] if to_confirm else why))
        names = ("id", "concern", "level", "status")
        self.conflicts = [
            *({"kind": "alarm", **dict(zip(names, one, strict=True))} for one in alarms),
            *(
                {"kind": "limit_to_confirm", **dict(zip(names[:3], one, strict=True))}
                for one in to_confirm
            ),
        ]


class ReadingNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such reading to correct.")


class ReadingCorrectedMeanwhile(SessionsError):
    """`conflicts` names the version that is the newest."""

    def __init__(self, newest: int) -> None:
        super().__init__("The reading has been corrected since; correct its newest version.")
        self.conflicts = [{"kind": "version", "newest": newest}]


class ReadingDiffers(SessionsError):
    """A device that begins to count anew sends other readings under numbers that it has used."""

    def __init__(self) -> None:
        super().__init__(
            "This device has sent another reading under this number, and this one is not kept: "
            "send it under a number or a device that is new, or as a correction."
        )
        self.conflicts = [{"kind": "sequence"}]


class ReadingKeepsItsTime(SessionsError):
    """A correction is of what was measured, not of when."""

    def __init__(self) -> None:
        super().__init__("A correction keeps the time at which the reading was taken.")
