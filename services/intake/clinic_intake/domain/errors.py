"""What can be refused, and why. No sentence holds a name, an address, a birthday or an answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from clinic_platform.decisions import Receipt


class IntakeError(Exception):
    """A request the rules of intake do not allow."""


class LocationNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no such location.")


class EnquiryNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no such enquiry.")


class PatientNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no such patient.")


class ScreeningNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no such screening.")


class ConsultationNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no such consultation.")


class ClearanceNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no such clearance.")


class ConsentNotFound(IntakeError):
    def __init__(self) -> None:
        super().__init__("There is no current consent of this kind.")


class ConsentDocumentNotCurrent(IntakeError):
    """`alternatives` names the version and the languages that can be agreed to now."""

    def __init__(self, current: Sequence[Mapping[str, object]]) -> None:
        super().__init__("This text cannot be agreed to, or not any more.")
        self.alternatives = list(current)


class Conflict(IntakeError):
    def __init__(self) -> None:
        super().__init__("Somebody else changed it at the same moment.")


class NotAllowed(IntakeError):
    """An arrow that is not drawn. `allowed` lists those that are."""

    def __init__(self, what: str, now: str, then: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"{what} that is {now} cannot become {then}.")
        self.allowed = list(allowed)


class MayBeDuplicate(IntakeError):
    """Somebody like this has a record. `candidates` holds ids and nothing else: to go on,
    name each as somebody else."""

    def __init__(self, candidates: Sequence[str]) -> None:
        super().__init__("This person may have a record already.")
        self.candidates = list(candidates)


class AnswersDoNotFit(IntakeError):
    """`errors` lists each place (JSON pointer) and the rule it breaks; never the answer."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__("The answers do not fit the questionnaire.")
        self.errors = list(errors)


class SlotHasPassed(IntakeError):
    def __init__(self, starts_at: datetime) -> None:
        super().__init__(f"{starts_at:%d %B %Y, %H:%M} UTC has already passed.")


class SlotTaken(IntakeError):
    """`conflicts` lists what is taken, `alternatives` the nearest slots that are free."""

    def __init__(
        self, resource: str, starts_at: datetime, alternatives: Sequence[Mapping[str, object]] = ()
    ) -> None:
        super().__init__(f"The {resource} is taken at {starts_at:%H:%M} UTC.")
        self.resource = resource
        self.starts_at = starts_at
        self.conflicts = [{"kind": resource, "from": starts_at.isoformat()}]
        self.alternatives = list(alternatives)


class SlotNotOffered(IntakeError):
    """`alternatives` holds the nearest slots that are free."""

    def __init__(self, alternatives: Sequence[Mapping[str, object]] = ()) -> None:
        super().__init__("This clinician does not offer a consultation at this time.")
        self.alternatives = list(alternatives)


class RangeTooLong(IntakeError):
    def __init__(self, days: int) -> None:
        super().__init__(f"Ask for up to {days} days, the earlier time first.")


class ConsultationNotBegun(IntakeError):
    def __init__(self, starts_at: datetime) -> None:
        super().__init__(f"The consultation begins at {starts_at:%d %B %Y, %H:%M} UTC.")


class GatesBlock(IntakeError):
    """A gate is not open. `conflicts` lists each finding: rule, why, and who may waive it."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__("Not every gate is open.")
        self.receipt = receipt
        self.conflicts = [
            {
                "kind": finding.rule,
                "why": finding.why,
                "message": finding.message,
                "waivable_by": list(finding.waivable_by),
            }
            for finding in receipt.blocking
        ]


class NothingToOverride(IntakeError):
    def __init__(self) -> None:
        super().__init__("No gate is closed that a prescriber may override.")


class SecondPersonNeeded(IntakeError):
    def __init__(self) -> None:
        super().__init__("An override is co-signed by another prescriber than the one who decided.")


class UnknownProtocol(IntakeError):
    """`allowed` lists the protocols there are."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("There is no such protocol for this indication.")
        self.allowed = list(allowed)


class PatientErased(IntakeError):
    """The record is kept under its id alone; nobody is behind it any more."""

    def __init__(self) -> None:
        super().__init__("This patient was erased: nothing can be shown or done for them.")


class LegalHoldStands(IntakeError):
    """`current` is its basis."""

    def __init__(self, basis: str) -> None:
        super().__init__("The record is under a legal hold: nothing of it is erased until then.")
        self.current = basis


class NoLegalHold(IntakeError):
    def __init__(self) -> None:
        super().__init__("The record is under no legal hold.")


class CareUnderWay(IntakeError):
    """`conflicts` lists, by id, what has to end first: nobody can wish it away."""

    def __init__(self, conflicts: Sequence[Mapping[str, str]]) -> None:
        super().__init__("The patient is being cared for: a clinician ends that first.")
        self.conflicts = list(conflicts)


class EpisodeOpen(IntakeError):
    """`conflicts` lists, by id, what would end with the record. `allowed` names what permits it."""

    def __init__(self, conflicts: Sequence[Mapping[str, str]]) -> None:
        super().__init__("Something is still planned: say that it ends with the record.")
        self.conflicts = list(conflicts)
        self.allowed = ["end_episode"]
