"""What the handlers need from outside, in words.

`open`, `keep` and `record` save and publish, or do neither; all join the caller's transaction.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeAlias

from clinic_outcomes.domain.assignment import AnswerSheet, Assignment
from clinic_outcomes.domain.assignment import Fact as AssignmentFact
from clinic_outcomes.domain.place import Place
from clinic_outcomes.domain.risk_alert import Fact as AlertFact
from clinic_outcomes.domain.risk_alert import RiskAlert
from clinic_outcomes.domain.score import Score
from clinic_outcomes.domain.treatment import Dose, Plan, Treatment

Secrets: TypeAlias = Callable[[], str]  # a new one that cannot be guessed: 32 random bytes as text


class Places(Protocol):
    async def keep(self, place: Place) -> None:
        """Keep it, unless a newer version of the place is kept already."""
        ...

    async def find(self, location_id: str) -> Place | None: ...


class Treatments(Protocol):
    """Patients, their plans and doses, as received from other services."""

    async def know_patient(self, patient_id: str, location_id: str) -> None:
        """Keep where a patient is looked after; the last one received counts."""
        ...

    async def erase(self, patient_id: str, location_id: str, *, at: datetime) -> None:
        """Mark the patient as erased for good, known before or not."""
        ...

    async def is_erased(self, patient_id: str) -> bool: ...

    async def start_plan(self, plan: Plan) -> None:
        """Keep it; receiving it again changes nothing."""
        ...

    async def record_dose(self, dose: Dose) -> None:
        """Keep it, unless a version as new, or its voiding, is known already."""
        ...

    async def void_dose(self, session_id: str, patient_id: str, *, version: int) -> None:
        """Take it back, known or not: an older event about the session no longer counts."""
        ...

    async def is_voided(self, session_id: str) -> bool: ...

    async def of_patient(self, patient_id: str) -> Treatment:
        """The plan last started and every dose that stands; empty for a stranger."""
        ...


class Assignments(Protocol):
    async def open(self, assignment: Assignment, *, sealed_secret: str) -> None:
        """Add a new one and publish that it is due. DuplicateKey when it was opened before."""
        ...

    async def get(self, assignment_id: str) -> Assignment:
        """The assignment, or SurveyNotFound."""
        ...

    async def by_secret(self, fingerprint: str) -> Assignment:
        """The one that this secret opens, or SurveyNotFound."""
        ...

    async def by_sitting(self, fingerprint: str) -> Assignment:
        """The one whose latest sitting has this credential, or SurveyNotFound."""
        ...

    async def open_ones_of(self, patient_id: str) -> list[Assignment]:
        """Those of a patient that wait for answers, by due time."""
        ...

    async def record(self, assignment: Assignment, fact: AssignmentFact) -> Assignment:
        """The assignment after the fact, or Conflict when somebody else was faster."""
        ...


class Sheets(Protocol):
    async def keep(self, sheet: AnswerSheet) -> None:
        """Add it, for ever. DuplicateKey when the assignment has one."""
        ...

    async def of_assignment(self, assignment_id: str) -> AnswerSheet:
        """What was answered, or SurveyNotFound."""
        ...


class Scores(Protocol):
    async def record(self, score: Score) -> None:
        """Add it; publish it, if it is valid. DuplicateKey when it is recorded already."""
        ...

    async def of_patient(self, patient_id: str, instrument: str) -> list[Score]:
        """All of one instrument, the oldest first."""
        ...


class Alerts(Protocol):
    async def unresolved_of(self, patient_id: str) -> RiskAlert | None:
        """The patient's alert that is not closed. Two that ask at once in transactions go one after
        the other, so that the second sees what the first raised."""
        ...

    async def get(self, alert_id: str) -> RiskAlert:
        """The alert, or AlertNotFound."""
        ...

    async def open(self, alert: RiskAlert) -> None:
        """Add a new one and publish that it was raised. DuplicateKey when one is open."""
        ...

    async def record(self, alert: RiskAlert, fact: AlertFact) -> RiskAlert:
        """The alert after the fact, or Conflict when somebody else was faster."""
        ...
