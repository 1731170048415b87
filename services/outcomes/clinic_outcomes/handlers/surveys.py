"""Asking a patient something, once, through a link that only they hold; and scoring the answer."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clinic_outcomes.domain.assignment import AnswerSheet, Assignment, Status
from clinic_outcomes.domain.errors import SurveyNotFound
from clinic_outcomes.domain.instrument import Answers, Instrument, Instruments
from clinic_outcomes.domain.place import Crisis
from clinic_outcomes.domain.score import score_of
from clinic_outcomes.handlers.risk import Risk
from clinic_outcomes.ports import Assignments, Scores, Secrets, Sheets, Treatments
from clinic_platform.clock import Clock
from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Promise, Promises, Withdrawn
from clinic_platform.sealing import KeyRing

PATIENT_ERASED: Final = "patient_erased"
# Tidying up is worth doing however late.
EXPIRY_USEFUL_FOR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Sitting:
    """`credential` is shown once, when the sitting begins; afterwards only its print is known."""

    assignment: Assignment
    instrument: Instrument
    until: datetime
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """That it was answered; and the words for somebody in danger, if an answer calls for them."""

    assignment_id: str
    answered_at: datetime
    crisis: Crisis | None


@dataclass(frozen=True, slots=True)
class Surveys:
    assignments: Assignments
    sheets: Sheets
    scores: Scores
    treatments: Treatments
    risk: Risk
    promises: Promises
    instruments: Instruments
    baseline_window: timedelta
    keys: KeyRing
    secrets: Secrets
    clock: Clock

    async def open_survey(self, due: Due) -> Ending:
        """The secret is made now and sealed into the event; here only its print stays."""
        promise = due.promise
        if await self.treatments.is_voided(promise.about):
            return Withdrawn("session_voided")
        if await self.treatments.is_erased(promise.person):
            return Withdrawn(PATIENT_ERASED)
        secret = self.secrets()
        assignment = _assignment_of(promise, secret=self.keys.fingerprint(secret))
        sealed = self.keys.seal(secret.encode(), about=promise.person)
        await self.assignments.open(assignment, sealed_secret=sealed)
        await self.promises.make(_expiry_of(assignment, why=promise.key))
        return Kept()

    async def expire_survey(self, due: Due) -> Ending:
        assignment = await self.assignments.get(due.promise.about)
        if assignment.status is not Status.OPEN:
            return Withdrawn(assignment.status)
        await self.assignments.record(assignment, assignment.expire(now=due.now))
        return Kept()

    async def withdraw_open(
        self,
        patient_id: str,
        *,
        about: Container[str],
        surveys: Container[str] | None,
        reason: str,
    ) -> None:
        """Take back what waits for answers: all that hangs on `about`, or only these surveys."""
        for assignment in await self.assignments.open_ones_of(patient_id):
            if assignment.about in about and (surveys is None or assignment.survey in surveys):
                await self._withdraw(assignment, reason)

    async def withdraw_all_of(self, patient_id: str, *, reason: str) -> None:
        for assignment in await self.assignments.open_ones_of(patient_id):
            await self._withdraw(assignment, reason)

    async def begin_sitting(self, secret: str) -> Sitting:
        """Exchange the link's secret for a short credential. SurveyNotFound, whatever is wrong."""
        assignment = await self.assignments.by_secret(self.keys.fingerprint(secret))
        credential = self.secrets()
        began = assignment.begin_sitting(self.keys.fingerprint(credential), now=self.clock())
        assignment = await self.assignments.record(assignment, began)
        return Sitting(assignment, self._instrument(assignment), began.until, credential)

    async def sitting(self, credential: str) -> Sitting:
        """What is being answered. SurveyNotFound when the credential's time is over."""
        assignment = await self.assignments.by_sitting(self.keys.fingerprint(credential))
        sitting = assignment.sitting
        if sitting is None or not assignment.is_sitting(self.clock()):
            raise SurveyNotFound
        if assignment.status not in (Status.OPEN, Status.ANSWERED):
            raise SurveyNotFound
        return Sitting(assignment, self._instrument(assignment), sitting.until)

    async def save_draft(self, credential: str, answers: Answers) -> Crisis | None:
        """An answer that must be heeded is heeded now: perhaps the rest is never sent."""
        sitting = await self.sitting(credential)
        sitting.instrument.check(answers)
        draft = sitting.assignment.save_draft(answers)
        await self.assignments.record(sitting.assignment, draft)
        return await self.risk.heed(sitting.assignment, sitting.instrument.alarms(answers))

    async def answer(self, credential: str, answers: Answers) -> Receipt:
        """Once. Asked again, the first answers stand and the same receipt is given."""
        sitting = await self.sitting(credential)
        assignment, instrument = sitting.assignment, sitting.instrument
        if assignment.status is Status.ANSWERED:
            return await self._receipt_again(assignment, instrument)
        instrument.check(answers)
        answered = assignment.answer(now=_to_the_millisecond(self.clock()))
        sheet = _sheet_of(assignment, answers, at=answered.at)
        await self.sheets.keep(sheet)
        await self.assignments.record(assignment, answered)
        await self._score(sheet, instrument)
        await self.promises.withdraw(_expiry_key(assignment.id), reason="answered")
        crisis = await self.risk.heed(assignment, instrument.alarms(answers))
        return Receipt(assignment.id, answered.at, crisis)

    async def _withdraw(self, assignment: Assignment, reason: str) -> None:
        withdrawn = assignment.withdraw(reason, now=self.clock())
        await self.assignments.record(assignment, withdrawn)
        await self.promises.withdraw(_expiry_key(assignment.id), reason=reason)

    async def _score(self, sheet: AnswerSheet, instrument: Instrument) -> None:
        score = score_of(
            sheet,
            id=derived_id("sco", sheet.id, str(instrument.scoring_version)),
            instrument=instrument,
            treatment=await self.treatments.of_patient(sheet.patient_id),
            earlier=await self.scores.of_patient(sheet.patient_id, instrument.name),
            window=self.baseline_window,
        )
        await self.scores.record(score)

    async def _receipt_again(self, assignment: Assignment, instrument: Instrument) -> Receipt:
        sheet = await self.sheets.of_assignment(assignment.id)
        is_alarming = instrument.alarms(sheet.answers)
        crisis = await self.risk.crisis_at(assignment.location_id) if is_alarming else None
        return Receipt(assignment.id, sheet.answered_at, crisis)

    def _instrument(self, assignment: Assignment) -> Instrument:
        return self.instruments.get(assignment.instrument, assignment.instrument_version)


def _to_the_millisecond(instant: datetime) -> datetime:
    """As it can be kept: the receipt given at once and the one read again later are the same."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def _assignment_of(promise: Promise, *, secret: str) -> Assignment:
    """Its id follows from the promise's key, so one promise opens one survey, ever."""
    facts = promise.facts
    return Assignment(
        id=derived_id("asg", promise.key),
        patient_id=promise.person,
        location_id=str(facts["location_id"]),
        about=promise.about,
        survey=str(facts["survey"]),
        instrument=str(facts["instrument"]),
        instrument_version=int(facts["instrument_version"]),
        is_baseline=bool(facts["is_baseline"]),
        due_at=promise.due_at,
        expires_at=promise.useful_until,
        secret=secret,
    )


def _sheet_of(assignment: Assignment, answers: Answers, *, at: datetime) -> AnswerSheet:
    return AnswerSheet(
        id=derived_id("ans", assignment.id),
        assignment_id=assignment.id,
        patient_id=assignment.patient_id,
        location_id=assignment.location_id,
        instrument=assignment.instrument,
        instrument_version=assignment.instrument_version,
        answers=answers,
        answered_at=at,
    )


def _expiry_of(assignment: Assignment, *, why: str) -> Promise:
    return Promise(
        key=_expiry_key(assignment.id),
        kind="expire_survey",
        about=assignment.id,
        person=assignment.patient_id,
        rule="survey-link/expiry",
        why=why,
        due_at=assignment.expires_at,
        useful_until=assignment.expires_at + EXPIRY_USEFUL_FOR,
        facts={"survey": assignment.survey},
    )


def _expiry_key(assignment_id: str) -> str:
    return f"expiry:{assignment_id}"
