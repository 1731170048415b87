"""What can be refused at the bedside."""

from clinic_platform.decisions import Receipt
from clinic_sessions.domain.errors.base import SessionsError


class GatesBlock(SessionsError):
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


class DoseOutsideBounds(SessionsError):
    """`conflicts` names the bound of the protocol and its value."""

    def __init__(self, bound: str, limit: float, unit: str) -> None:
        super().__init__(f"The protocol's {bound} is {limit:g} {unit}.")
        self.conflicts = [{"kind": bound, "limit": limit, "unit": unit}]


class WeightUnknown(SessionsError):
    def __init__(self) -> None:
        super().__init__("The weight has not been measured today.")


class WeightChanged(SessionsError):
    def __init__(self) -> None:
        super().__init__("The weight has changed since the dose was ordered; order it anew.")


class SecondPersonNeeded(SessionsError):
    def __init__(self) -> None:
        super().__init__("A dose is verified by somebody other than the one who ordered it.")


class NoDoseOrdered(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such dose order.")
