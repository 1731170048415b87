"""What can be refused before and during dosing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from clinic_platform.decisions import Finding, Receipt
from clinic_sessions.domain.errors.base import SessionsError
from clinic_sessions.domain.protocols.protocol import Waiver


class GatesBlock(SessionsError):
    """A gate is not open. `conflicts` lists each finding: rule, why, who may waive it and how many
    of them it takes."""

    def __init__(self, receipt: Receipt, shut: Sequence[Finding], may: Sequence[Waiver]) -> None:
        super().__init__("Not every gate is open.")
        self.receipt = receipt
        self.conflicts = [
            {
                "kind": finding.rule,
                "why": finding.why,
                "message": finding.message,
                "waivable_by": list(waiver.roles),
                "people": waiver.people,
            }
            for finding, waiver in zip(shut, may, strict=True)
        ]


class GateNotShut(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such gate that is shut now; only a shut one is waived.")


class SeenNeeded(SessionsError):
    """`conflicts` names what was to be read."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("Name in `seen` which values you have read: this gate is about a number.")
        self.conflicts = [{"kind": name} for name in names]


class SeenIsAnother(SessionsError):
    """`conflicts` has what the gate rests on now."""

    def __init__(self, now: Mapping[str, bool | float | str | None]) -> None:
        super().__init__("What the gate rests on is not what you have seen. Look at it again.")
        self.conflicts = [{"kind": name, "value": value} for name, value in now.items()]


class NotWaivable(SessionsError):
    def __init__(self) -> None:
        super().__init__("Nobody may waive this gate.")


class NotForYourRole(SessionsError):
    """`allowed` lists the roles that may."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("None of your roles here may do this.")
        self.allowed = list(allowed)


class NoSuchWaiver(SessionsError):
    def __init__(self) -> None:
        super().__init__("Nobody has waived this gate on the facts as they are now.")


class NothingDecided(SessionsError):
    def __init__(self) -> None:
        super().__init__("No decision about these gates was kept by then.")


class SecondSignatureNeeded(SessionsError):
    def __init__(self) -> None:
        super().__init__("A waiver is confirmed by somebody other than the one who gave it.")


class DoseOutsideBounds(SessionsError):
    """`conflicts` names the bound of the protocol and its value."""

    def __init__(self, bound: str, limit: float, unit: str) -> None:
        super().__init__(f"The protocol's {bound} is {limit:g} {unit}.")
        self.conflicts = [{"kind": bound, "limit": limit, "unit": unit}]


class DosedOtherwise(SessionsError):
    def __init__(self, field: str) -> None:
        super().__init__(f"This protocol's dose is ordered as {field}, and by nothing else.")
        self.conflicts = [{"kind": field}]


class NoSuchDose(SessionsError):
    """`allowed` lists the doses there are, in mg."""

    def __init__(self, doses_mg: Sequence[float]) -> None:
        super().__init__("The protocol has no such dose.")
        self.allowed = list(doses_mg)


class StepTooLarge(SessionsError):
    """`conflicts` has the patient's last dose, or where the protocol starts, and its step."""

    def __init__(self, before: float, step: float, *, is_first: bool) -> None:
        origin = "The protocol starts at" if is_first else "The last dose was"
        super().__init__(
            f"{origin} {before:g} mg/kg and the step is {step:g} mg/kg; a larger one needs the "
            "prescriber's reason."
        )
        name = "start" if is_first else "last"
        self.conflicts = [{"kind": "step", name: before, "limit": step, "unit": "mg/kg"}]


class FirstDoseIsAnother(SessionsError):
    """`conflicts` has the dose the protocol begins with, in mg."""

    def __init__(self, start_mg: float) -> None:
        super().__init__(
            f"The protocol begins with {start_mg:g} mg; another first dose needs the prescriber's "
            "reason."
        )
        self.conflicts = [{"kind": "step", "start": start_mg, "unit": "mg"}]


class WeightUnknown(SessionsError):
    def __init__(self) -> None:
        super().__init__("The weight has not been measured today.")


class WeightImplausible(SessionsError):
    """`conflicts` has the limits that the change is beyond, and never a weight."""

    def __init__(self, percent: float, kg: float, days: int) -> None:
        super().__init__(
            f"The weight differs from that of the last dose by more than {percent:g} % or {kg:g} "
            f"kg within {days} days; measure it again, and confirm it with weight_measured_again."
        )
        self.conflicts = [
            {"kind": "weight", "limit": percent, "unit": "%"},
            {"kind": "weight", "limit": kg, "unit": "kg"},
        ]


class WeightUnusual(SessionsError):
    """`conflicts` has the bounds that it is outside of, and never a weight."""

    def __init__(self, least: float, most: float, days: int) -> None:
        super().__init__(
            f"The weight is below {least:g} or above {most:g} kg, and there is no dose of the last "
            f"{days} days to hold it against; measure it again, and confirm it with "
            "weight_measured_again."
        )
        self.conflicts = [{"kind": "weight", "least": least, "most": most, "unit": "kg"}]


class WeightChanged(SessionsError):
    def __init__(self) -> None:
        super().__init__("The weight has changed since the dose was ordered; order it anew.")


class DilutionNeeded(SessionsError):
    def __init__(self) -> None:
        super().__init__("This strength is diluted before it is given into a vein.")


class NotPrepared(SessionsError):
    def __init__(self) -> None:
        super().__init__("A dose is prepared before it is verified.")


class SecondPersonNeeded(SessionsError):
    def __init__(self) -> None:
        super().__init__(
            "A dose is verified by somebody other than those who ordered and prepared it."
        )


class NoDoseOrdered(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such dose order.")


class DosingOutsideVisit(SessionsError):
    """`conflicts` has from when until when the visit is."""

    def __init__(self, starts_at: datetime, ends_at: datetime) -> None:
        super().__init__(
            "Dosing begins while the visit lasts: before and after it, its chair and people are "
            "others'."
        )
        times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
        self.conflicts = [{"kind": "outside_visit", **times}]


class NotSlower(SessionsError):
    """`conflicts` has the rate that runs."""

    def __init__(self, rate_mg_per_min: float) -> None:
        super().__init__(f"It runs at {rate_mg_per_min:g} mg/min; slowing it makes that less.")
        self.conflicts = [{"kind": "rate", "limit": rate_mg_per_min, "unit": "mg/min"}]


class StoppedEarly(SessionsError):
    def __init__(self) -> None:
        super().__init__("The dose is not in yet; stopping now needs a reason.")


class DeviceTooSoon(SessionsError):
    """`conflicts` has the protocol's rest between two devices, in minutes."""

    def __init__(self, minutes: float) -> None:
        super().__init__(f"Between two devices are at least {minutes:g} minutes.")
        self.conflicts = [{"kind": "between_devices", "limit": minutes, "unit": "min"}]


class NoSuchOrder(SessionsError):
    """`allowed` lists the codes of the book."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("There is no such order in the book.")
        self.allowed = list(allowed)


class NothingIsGiven(SessionsError):
    def __init__(self) -> None:
        super().__init__("Nothing is given by this order: it has neither drug nor dose.")
        self.conflicts = [{"kind": "medicine"}]


class TimeOutOfOrder(SessionsError):
    """A time that cannot be: in the future, or before what it follows."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}.")
        self.conflicts = [{"kind": field}]
