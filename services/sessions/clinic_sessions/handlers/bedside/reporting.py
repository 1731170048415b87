"""Adverse events, and the clock that runs once one is serious."""

from typing import Final

from clinic_events.tracing import current
from clinic_platform.auth import Caller
from clinic_platform.promises import Due, Ending, Later, Promise, Withdrawn
from clinic_sessions.domain.bedside import leaving, reporting
from clinic_sessions.domain.bedside.adverse_event import Account, AdverseEvent, Report
from clinic_sessions.domain.bedside.grading import graded
from clinic_sessions.domain.calls import CALLED_FOR
from clinic_sessions.domain.facts import AdverseEventNoted
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.calling import call_about
from clinic_sessions.handlers.tools import Tools

REPORT_SERIOUS_EVENT: Final = "report_serious_event"


class Reporting(Tools):
    async def note_adverse_event(
        self, by: Caller, session_id: str, account: Account
    ) -> tuple[Session, str]:
        """The session, and the event's id."""
        session = await self.reached_session(by, session_id)
        event_id, account = self.new_id("aev"), await self._graded(session, account)
        noted = reporting.note(session, event_id, account, catalogue=self.data.catalogue)
        return await self._keep_event(by, session, noted), event_id

    async def amend_adverse_event(
        self, by: Caller, session_id: str, event_id: str, account: Account
    ) -> Session:
        session = await self.reached_session(by, session_id)
        account = await self._graded(session, account)
        amended = reporting.amend(session, event_id, account, catalogue=self.data.catalogue)
        return await self._keep_event(by, session, amended)

    async def report_adverse_event(
        self, by: Caller, session_id: str, event_id: str, to: str
    ) -> Session:
        session = await self.reached_session(by, session_id)
        report = Report(to=to, by=by.actor, at=self.clock())
        return await self._keep_event(by, session, reporting.report(session, event_id, report))

    async def call_about_serious_event(self, due: Due) -> Ending:
        """Nobody has reported it in time: somebody is called, and again each day until a person
        has, or notes that it is not serious."""
        session = await self.sessions.get(str(due.promise.facts["session_id"]))
        event = reporting.event_of(session, due.promise.about)
        if event.asks_no_more is not None:
            return Withdrawn(event.asks_no_more)
        called = AdverseEventNoted(event.called(due.now))
        after = await self.sessions.record(session, called)
        # A deadline has passed: nobody is in danger at the bedside by it.
        call = call_about(
            after, due, REPORT_SERIOUS_EVENT, about_id=called.event.id, level="notice"
        )
        await self.calls.make(call)
        return Later(due.now + self.data.rules.call_again_every, "called")

    async def _graded(self, session: Session, account: Account) -> Account:
        """By the readings there are now: one that comes later counts at the next amendment."""
        since, until = account.onset_at, account.ended_at or account.at
        readings = await self.readings.counting(session.id, since=since, until=until)
        return graded(account, self.data.grades, readings)

    async def _keep_event(self, by: Caller, session: Session, noted: AdverseEventNoted) -> Session:
        """With its promise; and a worse grade of a completed session is published at once."""
        after = await self.sessions.record(session, noted)
        event = noted.event
        promised = [self._report_in_time(after, event)] if event.is_to_be_reported else []
        reason = event.asks_no_more or "serious_anew"
        await self.promises.plan(event.id, after.revision, promised, reason=reason)
        worse = leaving.correct_grade(after, by=by.actor, now=self.clock())
        return after if worse is None else await self.sessions.record(after, worse)

    def _report_in_time(self, session: Session, event: AdverseEvent) -> Promise:
        """One for each time it became serious: an amendment in between moves nothing, and calls
        nobody sooner again."""
        rules, since = self.data.rules, event.serious_since
        assert since is not None, "Only a serious event is to be reported."
        cause, due_at = current(), since + rules.report_within
        if event.called_at is not None:
            due_at = event.called_at + rules.call_again_every
        return Promise(
            key=f"{REPORT_SERIOUS_EVENT}:{event.id}:{since.isoformat()}",
            kind=REPORT_SERIOUS_EVENT,
            about=event.id,
            person=session.patient_id,
            rule=f"bedside@{rules.version}/{REPORT_SERIOUS_EVENT}",
            why=session.id if cause is None else cause.id,
            due_at=due_at,
            useful_until=due_at + CALLED_FOR,
            facts={"session_id": session.id},
        )
