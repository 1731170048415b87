"""What can be refused about controlled drugs."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from clinic_sessions.domain.errors.base import SessionsError


class VialNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such vial.")


class IncidentNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such incident.")


class EntryNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("The vial has no such entry.")


class WasteNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("No such waste waits for a witness.")


class FormNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("This session needs no monitoring form.")


class UnknownDrug(SessionsError):
    """`allowed` lists the drugs that the rules know."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("The rules know no such drug.")
        self.allowed = list(allowed)


class NotThatMuch(SessionsError):
    """`conflicts` names the account and what it has, in mg."""

    def __init__(self, account: str, available: int) -> None:
        super().__init__("The account has less than that.")
        self.conflicts = [{"kind": account, "available_mg": available / 1000}]


class VolumeDoesNotFit(SessionsError):
    """`conflicts` gives the volume that these milligrams have, in mL."""

    def __init__(self, millilitres: float) -> None:
        super().__init__("The volume and the milligrams do not fit the strength of the vial.")
        self.conflicts = [{"kind": "volume", "expected_ml": millilitres}]


class VialBlocked(SessionsError):
    """`conflicts` names the incident that blocks it."""

    def __init__(self, incident_id: str) -> None:
        super().__init__("An incident blocks this vial until a person closes it.")
        self.conflicts = [{"kind": "incident", "incident_id": incident_id}]


class VialExpired(SessionsError):
    def __init__(self, expires_on: date) -> None:
        super().__init__(f"The vial expired after {expires_on:%d %B %Y}.")


class VialNotInStore(SessionsError):
    def __init__(self) -> None:
        super().__init__("The vial is empty, or somebody has it.")


class VialNotWithYou(SessionsError):
    def __init__(self) -> None:
        super().__init__("Only the one who has the vial can do this.")


class ShiftNotCounted(SessionsError):
    def __init__(self) -> None:
        super().__init__("Two people count a vial at the start of a shift, before it is used.")


class CheckOutNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("No such check-out waits for a witness.")


class CheckOutWaits(SessionsError):
    """`conflicts` names the check-out that waits for its witness."""

    def __init__(self, check_out_id: str) -> None:
        super().__init__("A check-out of this vial waits for its witness.")
        self.conflicts = [{"kind": "check_out", "check_out_id": check_out_id}]


class CheckOutTimePassed(SessionsError):
    def __init__(self) -> None:
        super().__init__("The time to witness this check-out has passed; it is asked for anew.")


class SessionLongOver(SessionsError):
    """`conflicts` says when it ended."""

    def __init__(self, ended_at: datetime) -> None:
        super().__init__("The session ended too long ago to draw for it; its incident is closed.")
        self.conflicts = [{"kind": "session", "ended_at": ended_at.isoformat()}]


class MoreThanOrdered(SessionsError):
    """`conflicts` gives what may still be drawn for the session, in mg."""

    def __init__(self, left: int) -> None:
        super().__init__("That is more than was ordered for the session, with what a line holds.")
        self.conflicts = [{"kind": "dose", "available_mg": max(0, left) / 1000}]


class SyringeHoldsMore(SessionsError):
    """`conflicts` gives what is to be wasted first, in mg."""

    def __init__(self, beyond: int) -> None:
        super().__init__(
            "The syringe holds more than is ordered now: waste the rest before two, then verify."
        )
        self.conflicts = [{"kind": "dose", "excess_mg": beyond / 1000}]


class StrengthDiffers(SessionsError):
    """`conflicts` gives, in mL, the volume that was ordered and the one that the dose has at the
    strength of the vial, in mg/mL."""

    def __init__(self, ordered_ml: float, expected_ml: float, mg_per_ml: float) -> None:
        super().__init__(
            "The volume was reckoned for another strength than the vial has; prepare the dose from "
            "this vial, and have it verified."
        )
        self.conflicts = [
            {
                "kind": "strength",
                "ordered_ml": ordered_ml,
                "expected_ml": expected_ml,
                "strength_mg_per_ml": mg_per_ml,
            }
        ]


class WasteWaits(SessionsError):
    """`conflicts` names the waste that waits for its witness."""

    def __init__(self, waste_id: str) -> None:
        super().__init__("A waste of this vial waits for its witness.")
        self.conflicts = [{"kind": "waste", "waste_id": waste_id}]


class WasteTimePassed(SessionsError):
    def __init__(self) -> None:
        super().__init__("The time to witness this waste has passed; it is proposed anew.")


class PlaceOrDocumentMissing(SessionsError):
    def __init__(self) -> None:
        super().__init__("What leaves the place needs a reference, and another place its id.")


class AnotherPersonNeeded(SessionsError):
    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)


class EntryWasCorrected(SessionsError):
    def __init__(self) -> None:
        super().__init__("The entry was corrected before, or is a correction itself.")


class NotByCorrection(SessionsError):
    def __init__(self) -> None:
        super().__init__(
            "What was received or stored leaves by check-out, return or waste, before a witness."
        )


class PlaceNotRegistered(SessionsError):
    """`conflicts` names the place."""

    def __init__(self, location_id: str) -> None:
        super().__init__("The place has no registration for this drug that is valid today.")
        self.conflicts = [{"kind": "registration", "location_id": location_id}]


class SamePlace(SessionsError):
    def __init__(self) -> None:
        super().__init__("A vial is handed on to another place than the one where it is.")


class WrongDrug(SessionsError):
    def __init__(self) -> None:
        super().__init__("The session's protocol gives another drug.")


class IncidentClosed(SessionsError):
    def __init__(self) -> None:
        super().__init__("A person has closed this incident already.")


class NoSuchReport(SessionsError):
    """`allowed` lists the reports that this incident still needs."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("The incident needs no such report.")
        self.allowed = list(allowed)


class DayClosed(SessionsError):
    def __init__(self, day: date) -> None:
        super().__init__(f"{day:%d %B %Y} is closed; a correction is an entry of a later day.")


class DayNotBegun(SessionsError):
    def __init__(self) -> None:
        super().__init__("A day is closed on that day or later.")


class DayNotSettled(SessionsError):
    """`conflicts` lists what is open: its kind, which vial or session, and what differs."""

    def __init__(self, conflicts: Sequence[Mapping[str, object]]) -> None:
        super().__init__("The day cannot be closed: not everything is accounted for.")
        self.conflicts = [dict(conflict) for conflict in conflicts]


class FormIncomplete(SessionsError):
    """`conflicts` names each field that is missing."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("The form lacks fields; give those that were completed by hand.")
        self.conflicts = [{"kind": "missing", "field": name} for name in missing]


class NotByHand(SessionsError):
    """`conflicts` names each field; `allowed` lists those that a person may fill in."""

    def __init__(self, fields: Sequence[str], *, allowed: Sequence[str]) -> None:
        super().__init__("Only fields of the form that the record does not fill are given by hand.")
        self.conflicts = [{"kind": "not_by_hand", "field": name} for name in fields]
        self.allowed = list(allowed)


class NotSuchAnAnswer(SessionsError):
    """`conflicts` names each field, and what is filled in there."""

    def __init__(self, wanted: Mapping[str, str]) -> None:
        super().__init__("The form asks for another kind of answer.")
        self.conflicts = [
            {"kind": "not_such_an_answer", "field": name, "answer": answer}
            for name, answer in wanted.items()
        ]


class FormSubmitted(SessionsError):
    def __init__(self) -> None:
        super().__init__("The form was submitted before.")
