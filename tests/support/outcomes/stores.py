"""Stand-ins of the ports of outcomes that keep the promises of the stores."""

from datetime import datetime

from clinic_events.ports import DuplicateKey
from clinic_outcomes.domain import assignment as surveys
from clinic_outcomes.domain import risk_alert as risk
from clinic_outcomes.domain.assignment import AnswerSheet, Assignment, Status
from clinic_outcomes.domain.errors import AlertNotFound, Conflict, SurveyNotFound
from clinic_outcomes.domain.place import Place
from clinic_outcomes.domain.risk_alert import RiskAlert
from clinic_outcomes.domain.score import Score
from clinic_outcomes.domain.treatment import Dose, Plan, Treatment
from clinic_outcomes.publishing import (
    of_alert,
    of_assignment,
    of_score,
    risk_raised,
    survey_due,
)
from clinic_platform.testing import InMemoryOutbox


class InMemoryPlaces:
    def __init__(self) -> None:
        self._places: dict[str, Place] = {}

    async def keep(self, place: Place) -> None:
        known = self._places.get(place.location_id)
        if known is None or known.version < place.version:
            self._places[place.location_id] = place

    async def find(self, location_id: str) -> Place | None:
        return self._places.get(location_id)


class InMemoryTreatments:
    def __init__(self) -> None:
        self.patients: dict[str, str] = {}
        self._erased: dict[str, datetime] = {}
        self._plans: dict[str, Plan] = {}
        self._doses: dict[str, Dose] = {}
        self._voided: dict[str, int] = {}

    async def know_patient(self, patient_id: str, location_id: str) -> None:
        self.patients[patient_id] = location_id

    async def erase(self, patient_id: str, location_id: str, *, at: datetime) -> None:
        self.patients[patient_id] = location_id
        self._erased[patient_id] = min(at, self._erased.get(patient_id, at))

    async def is_erased(self, patient_id: str) -> bool:
        return patient_id in self._erased

    async def start_plan(self, plan: Plan) -> None:
        self._plans[plan.id] = plan

    async def record_dose(self, dose: Dose) -> None:
        if self._version(dose.session_id) < dose.version:
            self._doses[dose.session_id] = dose
            self._voided.pop(dose.session_id, None)

    async def void_dose(self, session_id: str, patient_id: str, *, version: int) -> None:
        if self._version(session_id) < version:
            self._doses.pop(session_id, None)
            self._voided[session_id] = version

    async def is_voided(self, session_id: str) -> bool:
        return session_id in self._voided

    async def of_patient(self, patient_id: str) -> Treatment:
        plans = [p for p in self._plans.values() if p.patient_id == patient_id]
        doses = [d for d in self._doses.values() if d.patient_id == patient_id]
        return Treatment(
            plan=max(plans, key=lambda plan: plan.started_at, default=None),
            doses=tuple(sorted(doses, key=lambda dose: dose.started_at)),
        )

    def _version(self, session_id: str) -> int:
        dose = self._doses.get(session_id)
        return self._voided.get(session_id, -1 if dose is None else dose.version)


class InMemoryAssignments:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Assignment] = {}
        self._outbox = outbox

    async def open(self, assignment: Assignment, *, sealed_secret: str) -> None:
        if assignment.id in self.rows:
            raise DuplicateKey("assignments", {"_id": assignment.id})
        self.rows[assignment.id] = assignment
        due = survey_due(assignment, sealed_secret)
        await self._outbox.append(due, sequence=assignment.revision)

    async def get(self, assignment_id: str) -> Assignment:
        return _found([self.rows[i] for i in self.rows if i == assignment_id])

    async def by_secret(self, fingerprint: str) -> Assignment:
        return _found([a for a in self.rows.values() if a.secret == fingerprint])

    async def by_sitting(self, fingerprint: str) -> Assignment:
        sittings = [a for a in self.rows.values() if a.sitting is not None]
        return _found([a for a in sittings if a.sitting and a.sitting.fingerprint == fingerprint])

    async def open_ones_of(self, patient_id: str) -> list[Assignment]:
        mine = [a for a in self.rows.values() if a.patient_id == patient_id]
        waiting = [a for a in mine if a.status is Status.OPEN]
        return sorted(waiting, key=lambda assignment: assignment.due_at)

    async def record(self, assignment: Assignment, fact: surveys.Fact) -> Assignment:
        if self.rows[assignment.id].revision != assignment.revision:
            raise Conflict
        after = self.rows[assignment.id] = assignment.after(fact)
        await self._outbox.append(*of_assignment(after, fact), sequence=after.revision)
        return after


def _found(assignments: list[Assignment]) -> Assignment:
    if not assignments:
        raise SurveyNotFound
    return assignments[0]


class InMemorySheets:
    def __init__(self) -> None:
        self.rows: dict[str, AnswerSheet] = {}

    async def keep(self, sheet: AnswerSheet) -> None:
        if sheet.assignment_id in self.rows:
            raise DuplicateKey("answers", {"assignment_id": sheet.assignment_id})
        self.rows[sheet.assignment_id] = sheet

    async def of_assignment(self, assignment_id: str) -> AnswerSheet:
        if assignment_id not in self.rows:
            raise SurveyNotFound
        return self.rows[assignment_id]


class InMemoryScores:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, Score] = {}
        self._outbox = outbox

    async def record(self, score: Score) -> None:
        if score.id in self.rows:
            raise DuplicateKey("scores", {"_id": score.id})
        self.rows[score.id] = score
        await self._outbox.append(*of_score(score), sequence=1)

    async def of_patient(self, patient_id: str, instrument: str) -> list[Score]:
        mine = [s for s in self.rows.values() if s.patient_id == patient_id]
        of_it = [s for s in mine if s.instrument == instrument]
        return sorted(of_it, key=lambda score: score.answered_at)


class InMemoryAlerts:
    def __init__(self, outbox: InMemoryOutbox) -> None:
        self.rows: dict[str, RiskAlert] = {}
        self._outbox = outbox

    async def unresolved_of(self, patient_id: str) -> RiskAlert | None:
        mine = [a for a in self.rows.values() if a.patient_id == patient_id]
        return next((a for a in mine if a.status is not risk.Status.CLOSED), None)

    async def get(self, alert_id: str) -> RiskAlert:
        if alert_id not in self.rows:
            raise AlertNotFound
        return self.rows[alert_id]

    async def open(self, alert: RiskAlert) -> None:
        if await self.unresolved_of(alert.patient_id) is not None:
            raise DuplicateKey("risk_alerts", {"patient_id": alert.patient_id})
        self.rows[alert.id] = alert
        await self._outbox.append(risk_raised(alert), sequence=alert.revision)

    async def record(self, alert: RiskAlert, fact: risk.Fact) -> RiskAlert:
        if self.rows[alert.id].revision != alert.revision:
            raise Conflict
        after = self.rows[alert.id] = alert.after(fact)
        await self._outbox.append(*of_alert(after, fact), sequence=after.revision)
        return after
