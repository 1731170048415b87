"""Incidents: opened by what does not add up, closed by a person, followed by their deadlines."""

from typing import Final

from clinic_platform.auth import Caller
from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Later, Promise, Withdrawn
from clinic_sessions.domain.calls import CALLED_FOR, Call, CallReason
from clinic_sessions.domain.drugs.counting import Count
from clinic_sessions.domain.drugs.incident import Incident, Report, Resolution, concerns, release
from clinic_sessions.domain.drugs.reconciling import Difference
from clinic_sessions.domain.drugs.vial import DiscrepancyFound, Vial
from clinic_sessions.domain.errors.drugs import IncidentNotFound
from clinic_sessions.domain.places.location import Location
from clinic_sessions.handlers.drugs.parts import NOBODY, DrugParts

REPORT_LOSS: Final = "report_loss"
SOFTWARE: Final = "nightly_reconciliation"


class HandlingIncidents(DrugParts):
    async def reached_incident(self, by: Caller, location_id: str, incident_id: str) -> Incident:
        incident = await self.drugs.incidents.get(incident_id)
        if incident.location_id != location_id or not by.reaches(location_id):
            raise IncidentNotFound
        return incident

    async def close_incident(
        self,
        by: Caller,
        location_id: str,
        incident_id: str,
        *,
        resolution: Resolution,
        reason: str,
    ) -> Incident:
        """With it its vials are free again, unless another incident is open about one; what is
        written off is an entry of today."""
        incident = await self.reached_incident(by, location_id, incident_id)
        hand = await self.hand_of(by, location_id)
        closed = incident.close(resolution, reason, by=hand.by, now=hand.now)
        after = await self.drugs.incidents.record(incident, closed)
        open_there = await self.drugs.incidents.open_at(location_id)
        for vial in await self._vials_of(incident):
            released = release(vial, incident, closed)
            if released.entry is not None:
                await self.open_book(location_id, hand.day)
            elif vial.incident_id != incident.id:
                continue  # another one blocks it
            vial = await self.drugs.vials.record(vial, released)
            if others := [other for other in open_there if concerns(other, vial)]:
                await self._block(vial, others[0])
        return after

    async def report_loss(
        self, by: Caller, location_id: str, incident_id: str, *, report: str, reference: str
    ) -> Incident:
        incident = await self.reached_incident(by, location_id, incident_id)
        made = incident.report(report, reference, by=by.actor, now=self.clock())
        return await self.drugs.incidents.record(incident, made)

    async def open_count_incident(self, vial: Vial, count: Count, incident_id: str) -> None:
        location = await self.locations.get(vial.location_id)
        incident = Incident(
            id=incident_id,
            location_id=vial.location_id,
            kind="count_differs",
            vial_id=vial.id,
            session_id=None,
            expected=count.expected,
            found=count.found,
            opened_at=count.at,
            opened_by=count.by,
            reports=self._reports(location),
        )
        await self._open(incident)

    async def open_difference(self, location: Location, difference: Difference) -> None:
        """Once for each: what a person has closed is not opened again by the next night. It blocks
        what the session was drawn from."""
        incident_id = incident_id_of(location.id, difference)
        if await self.drugs.incidents.find(incident_id) is not None:
            return
        incident = Incident(
            id=incident_id,
            location_id=location.id,
            kind=difference.kind,
            vial_id=difference.vial_id,
            session_id=difference.session_id,
            expected=difference.expected,
            found=difference.found,
            opened_at=self.clock(),
            opened_by=SOFTWARE,
            reports=self._reports(location),
        )
        await self._open(incident)
        for vial in await self._vials_of(incident):
            await self._block(vial, incident)

    async def is_settled(self, location: Location, difference: Difference) -> bool:
        """Whether a person has closed an incident about exactly this."""
        known = await self.drugs.incidents.find(incident_id_of(location.id, difference))
        return known is not None and known.closed is not None

    async def call_about_loss(self, due: Due) -> Ending:
        """Called until the report was made, or a person has decided that it is no loss."""
        incident = await self.drugs.incidents.get(due.promise.about)
        if incident.closed is not None and not incident.is_loss:
            return Withdrawn("no_loss")
        if due.promise.facts["report"] not in {r.report for r in incident.unreported}:
            return Kept()
        reason: CallReason = "loss_report_overdue" if incident.is_loss else "drug_incident_open"
        await self._call_about(incident, reason, due.promise.key, due.promise.due_at.isoformat())
        return Later(due.now + self.drugs.rules.call_again_every, "called")

    async def _vials_of(self, incident: Incident) -> list[Vial]:
        if incident.session_id is not None:
            return await self.drugs.vials.for_session(incident.session_id)
        return [] if incident.vial_id is None else [await self.drugs.vials.get(incident.vial_id)]

    async def _block(self, vial: Vial, incident: Incident) -> None:
        if vial.incident_id is None:
            await self.drugs.vials.record(vial, DiscrepancyFound(None, incident.id))

    async def _open(self, incident: Incident) -> None:
        incident = await self.drugs.incidents.record(incident, incident.open())
        await self._call_about(incident, "drug_discrepancy", incident.id)
        for report in incident.reports:
            await self.promises.make(self._promise_of(incident, report))

    async def _call_about(self, incident: Incident, reason: CallReason, *occasion: str) -> None:
        call = Call(
            id=derived_id("cal", reason, *occasion),
            location_id=incident.location_id,
            reason=reason,
            about_id=incident.id,
            level="caution",
            called_at=self.clock(),
        )
        await self.calls.make(call)

    def _reports(self, location: Location) -> tuple[Report, ...]:
        discovered_at = location.calendar.local(self.clock())
        deadlines = self.drugs.rules.loss_reports
        return tuple(Report(report=d.report, due_at=d.due_at(discovered_at)) for d in deadlines)

    def _promise_of(self, incident: Incident, report: Report) -> Promise:
        return Promise(
            key=f"{incident.id}/{report.report}",
            kind=REPORT_LOSS,
            about=incident.id,
            person=NOBODY,
            rule=f"controlled-drugs@{self.drugs.rules.version}/{report.report}",
            why=incident.id,
            due_at=report.due_at,
            useful_until=report.due_at + CALLED_FOR,
            facts={"report": report.report},
        )


def incident_id_of(location_id: str, difference: Difference) -> str:
    return derived_id("inc", location_id, *difference.identity)
