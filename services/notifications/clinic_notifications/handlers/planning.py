"""From what happened to the letters that follow from it. Each is planned as one set, by version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from clinic_events import (
    ConsultationBooked,
    ConsultationCancelled,
    ConsultationHeld,
    OfferEnded,
    OfferMade,
    RiskAcknowledged,
    RiskClosed,
    RiskEscalated,
    RiskRaised,
    SessionAborted,
    SessionBooked,
    SessionCancelled,
    SessionCompleted,
    SessionMissed,
    SessionRescheduled,
    SessionVoided,
    StaffCalled,
    SurveyAnswered,
    SurveyDue,
    SurveyExpired,
    SurveyWithdrawn,
    tracing,
)
from clinic_notifications.domain.people import Survey
from clinic_notifications.domain.plans import LetterPlan, PlannedLetter, Plans
from clinic_notifications.ports import Surveys
from clinic_platform.promises import Promise, Promises
from clinic_platform.schedules import Schedules

LETTER: Final = "letter"  # to a patient
ALERT: Final = "alert"  # to the one on call
NOBODY: Final = ""  # whom a letter about no patient concerns

Booked: TypeAlias = SessionBooked | SessionRescheduled
Unbooked: TypeAlias = SessionCancelled | SessionMissed | SessionAborted
SurveyEnded: TypeAlias = SurveyAnswered | SurveyExpired | SurveyWithdrawn


@dataclass(frozen=True, slots=True)
class Planning:
    promises: Promises
    surveys: Surveys
    plans: Plans
    integrations: Schedules[LetterPlan]

    async def plan_integration(self, completed: SessionCompleted) -> None:
        """By the plan that the protocol names. A corrected session moves what is still pending;
        what was sent stays sent."""
        to = _To(completed.session_id, completed.patient_id, completed.location_id)
        plan = self.integrations.named(completed.integration)
        letters = plan.from_anchor(completed.completed_at)
        await self._plan(to, completed.session_version, to.promises(letters), "session_corrected")

    async def withdraw_integration(self, voided: SessionVoided) -> None:
        for about in (voided.session_id, _booking(voided.session_id)):
            await self.promises.plan(about, voided.session_version, [], reason="session_voided")

    async def plan_reminders(self, booked: Booked) -> None:
        """A moved session has reminders of its own, whichever of the old ones had been sent."""
        about, version = _booking(booked.session_id), booked.session_version
        to = _To(about, booked.patient_id, booked.location_id)
        await self._remind(to, version, booked.starts_at, "session_moved")

    async def withdraw_reminders(self, unbooked: Unbooked) -> None:
        about, version = _booking(unbooked.session_id), unbooked.session_version
        reason = unbooked.name.removeprefix("sessions.").removesuffix(".v1")
        await self.promises.plan(about, version, [], reason=reason)

    async def plan_offer(self, made: OfferMade) -> None:
        """One letter, of use as long as it can be answered."""
        to = _To(made.offer_id, made.patient_id, made.location_id)
        times = {
            "starts_at": made.starts_at.isoformat(),
            "answer_by": made.answer_by.isoformat(),
        }
        letters = self.plans.offers.from_anchor(made.made_at, end=made.answer_by)
        promises = to.promises(letters, facts=times)
        await self._plan(to, made.offer_version, promises, "superseded")

    async def withdraw_offer(self, ended: OfferEnded) -> None:
        about, version = ended.offer_id, ended.offer_version
        await self.promises.plan(about, version, [], reason=f"offer_{ended.outcome}")

    async def plan_consultation_reminders(self, booked: ConsultationBooked) -> None:
        to = _To(booked.consultation_id, booked.patient_id, booked.location_id)
        await self._remind(to, booked.consultation_version, booked.starts_at, "consultation_moved")

    async def withdraw_consultation_reminders(
        self, ended: ConsultationCancelled | ConsultationHeld
    ) -> None:
        reason = ended.name.removeprefix("intake.").removesuffix(".v1")
        about, version = ended.consultation_id, ended.consultation_version
        await self.promises.plan(about, version, [], reason=reason)

    async def invite_to_survey(self, due: SurveyDue) -> None:
        to = _To(due.assignment_id, due.patient_id, due.location_id)
        letters = self.plans.surveys.from_anchor(due.due_at, end=due.expires_at)
        promises = to.promises(letters, facts={"assignment_id": due.assignment_id})
        if await self._plan(to, due.assignment_version, promises, "superseded"):
            survey = Survey(
                assignment_id=due.assignment_id,
                patient_id=due.patient_id,
                version=due.assignment_version,
                sealed_secret=due.sealed_secret,
                is_open=True,
            )
            await self.surveys.keep(survey)

    async def end_survey(self, ended: SurveyEnded) -> None:
        """Its letters are withdrawn and its secret is forgotten."""
        reason = ended.name.removeprefix("outcomes.").removesuffix(".v1")
        about, version = ended.assignment_id, ended.assignment_version
        if not await self.promises.plan(about, version, [], reason=reason):
            return
        known = await self.surveys.find(about)
        if known is not None:
            closed = replace(known, version=version, sealed_secret=None, is_open=False)
            await self.surveys.keep(closed)

    async def alert_on_call(self, raised: RiskRaised) -> None:
        """One letter each time it is raised: the same alert is raised again by a worse answer."""
        version = raised.alert_version
        to = _To(raised.alert_id, raised.patient_id, raised.location_id, kind=ALERT)
        letters = self._risk_letters(raised.raised_at, "raised")
        facts = {"alert_id": raised.alert_id, "answer_by": raised.acknowledge_by.isoformat()}
        promises = to.promises(letters, facts=facts, suffix=f"/v{version}")
        await self._plan(to, version, promises, "superseded")

    async def alert_again(self, escalated: RiskEscalated) -> None:
        """One letter for each step, and again for each step after the alert was raised again. The
        new one holds all that an earlier, unsent one would."""
        step, version = escalated.step, escalated.alert_version
        to = _To(escalated.alert_id, escalated.patient_id, escalated.location_id, kind=ALERT)
        letters = self._risk_letters(escalated.escalated_at, "escalated")
        facts: dict[str, str | int] = {"alert_id": escalated.alert_id, "step": step}
        promises = to.promises(letters, facts=facts, suffix=f"/{step}/v{version}")
        await self._plan(to, version, promises, "superseded")

    async def stop_alerting(self, taken: RiskAcknowledged | RiskClosed) -> None:
        reason = taken.name.removeprefix("outcomes.").removesuffix(".v1")
        await self.promises.plan(taken.alert_id, taken.alert_version, [], reason=reason)

    async def call_staff(self, called: StaffCalled) -> None:
        """A call that is about no patient is a letter all the same."""
        to = _To(called.call_id, called.patient_id or NOBODY, called.location_id, kind=ALERT)
        facts: dict[str, str | int] = {
            "call_id": called.call_id,
            "about_id": called.about_id,
            "called_at": called.called_at.isoformat(),
            **({} if called.role is None else {"role": called.role}),
        }
        letters = self.plans.staff.from_anchor(called.called_at)
        await self._plan(to, 1, to.promises(letters, facts=facts), "superseded")

    def _risk_letters(self, anchor: datetime, line: str) -> list[PlannedLetter]:
        letters = self.plans.risk.from_anchor(anchor)
        return [letter for letter in letters if letter.line.id == line]

    async def _remind(self, to: "_To", version: int, starts_at: datetime, reason: str) -> None:
        promises = to.promises(
            self.plans.reminders.from_anchor(starts_at),
            facts={"starts_at": starts_at.isoformat()},
            suffix=f"/v{version}",
        )
        await self._plan(to, version, promises, reason)

    async def _plan(
        self, to: "_To", version: int, promises: Sequence[Promise], reason: str
    ) -> bool:
        return await self.promises.plan(to.about, version, promises, reason=reason)


@dataclass(frozen=True, slots=True)
class _To:
    """What a set of letters hangs on, whom it concerns, and the place it comes from."""

    about: str
    patient_id: str
    location_id: str
    kind: str = LETTER

    def promises(
        self,
        letters: Sequence[PlannedLetter],
        *,
        facts: Mapping[str, str | int] | None = None,
        suffix: str = "",
    ) -> list[Promise]:
        return [self._promise(letter, facts or {}, suffix) for letter in letters]

    def _promise(
        self, letter: PlannedLetter, facts: Mapping[str, str | int], suffix: str
    ) -> Promise:
        cause = tracing.current()
        line = letter.line
        return Promise(
            key=f"{self.about}/{line.id}{suffix}",
            kind=self.kind,
            about=self.about,
            person=self.patient_id,
            rule=letter.rule,
            why=self.about if cause is None else cause.id,
            due_at=letter.due_at,
            useful_until=letter.useful_until,
            facts={
                "location_id": self.location_id,
                "template": line.template,
                "category": line.category,
                "heeds_quiet_hours": line.heeds_quiet_hours,
                **facts,
            },
        )


def _booking(session_id: str) -> str:
    return f"booking/{session_id}"
