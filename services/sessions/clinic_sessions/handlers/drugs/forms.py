"""The monitoring forms of risk programmes: made at the end of a session, called for until sent."""

from collections.abc import Mapping
from typing import Final

from clinic_platform.auth import Caller
from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Later, Promise, Withdrawn
from clinic_sessions.domain.calls import CALLED_FOR, Call
from clinic_sessions.domain.drugs import esketamine
from clinic_sessions.domain.drugs.esketamine import (
    FieldMap,
    FilledForm,
    MonitoringForm,
    check_by_hand,
    missing_in,
    values_of,
)
from clinic_sessions.domain.drugs.sources import Record, Value
from clinic_sessions.domain.errors.drugs import FormNotFound
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.tools import Tools

REPORT_FORM: Final = "report_monitoring_form"


class MonitoringForms(Tools):
    async def follow_dose(self, ended: Session, protocol: Protocol) -> None:
        """A session has ended: where a programme wants it, its form is due in so many days."""
        if ended.dosing_started_at is None or protocol.risk_programme is None:
            return
        if await self.drugs.forms.find(ended.id) is not None:
            return
        assert ended.ended_at is not None, "What has ended has a time at which it did."
        field_map = self._map_of(protocol.risk_programme)
        form = MonitoringForm(
            session_id=ended.id,
            patient_id=ended.patient_id,
            location_id=ended.location_id,
            field_map=field_map.id,
            due_at=ended.ended_at + field_map.submit_within,
        )
        form = await self.drugs.forms.record(form, esketamine.Due())
        await self.promises.make(_promise(form))

    async def date_form(self, corrected: Session) -> None:
        """The seven days run from the end of the session, whenever that is known to have been."""
        form = await self.drugs.forms.find(corrected.id)
        if form is None or not form.is_open or corrected.ended_at is None:
            return
        due_at = corrected.ended_at + self.drugs.maps[form.field_map].submit_within
        if due_at == form.due_at:
            return
        dated = await self.drugs.forms.record(form, esketamine.Dated(due_at))
        await self.promises.withdraw(_promise(form).key, reason="session_corrected")
        await self.promises.make(_promise(dated))

    async def withdraw_form(self, voided: Session) -> None:
        """Of a patient who had no dose nothing is reported. Voided for another reason the dose is
        in, and its form stays due. A form that was sent stays as it was sent."""
        if voided.had_dose:
            return
        form = await self.drugs.forms.find(voided.id)
        if form is not None and form.is_open:
            await self.drugs.forms.record(form, esketamine.Withdrawn())

    async def fill_form(self, by: Caller, session_id: str) -> FilledForm:
        form = await self._reached_form(by, session_id)
        field_map = self.drugs.maps[form.field_map]
        if form.submitted is not None:
            sent = form.submitted
            return FilledForm(
                form=form, field_map=field_map, values=sent.values, missing=list(sent.by_hand)
            )
        values = values_of(field_map, await self._record_of(form, field_map))
        missing = missing_in(field_map, values)
        return FilledForm(form=form, field_map=field_map, values=values, missing=missing)

    async def note_form_submitted(
        self, by: Caller, session_id: str, *, reference: str, by_hand: Mapping[str, Value]
    ) -> FilledForm:
        filled = await self.fill_form(by, session_id)
        check_by_hand(filled.field_map, filled.values, by_hand)
        submitted = filled.form.submit(
            reference,
            filled.values,
            missing=filled.missing,
            by_hand=by_hand,
            by=by.actor,
            now=self.clock(),
        )
        await self.drugs.forms.record(filled.form, submitted)
        return await self.fill_form(by, session_id)

    async def call_about_form(self, due: Due) -> Ending:
        """Overdue: somebody is called, and again each day until a person has sent it."""
        form = await self.drugs.forms.find(str(due.promise.facts["session_id"]))
        if form is None or form.is_withdrawn:
            return Withdrawn("session_voided")
        if form.submitted is not None:
            return Kept()
        call = Call(
            id=derived_id("cal", due.promise.key, due.promise.due_at.isoformat()),
            location_id=form.location_id,
            reason="report_overdue",
            about_id=form.session_id,
            level="caution",
            called_at=due.now,
            session_id=form.session_id,
            patient_id=form.patient_id,
        )
        await self.calls.make(call)
        again_every = self.drugs.maps[form.field_map].call_again_every
        return Later(due.now + again_every, "called")

    async def _reached_form(self, by: Caller, session_id: str) -> MonitoringForm:
        session = await self.reached_session(by, session_id)
        form = await self.drugs.forms.find(session.id)
        if form is None or form.is_withdrawn:
            raise FormNotFound
        return form

    async def _record_of(self, form: MonitoringForm, field_map: FieldMap) -> Record:
        vials = await self.drugs.vials.for_session(form.session_id)
        given = [
            (vial.product.lot, entry)
            for vial in vials
            for entry in vial.ledger.standing()
            if entry.kind == "given" and entry.session_id == form.session_id
        ]
        return Record(
            session=await self.sessions.get(form.session_id),
            readings=await self.readings.counting(form.session_id),
            given=given,
            near=field_map.near,
        )

    def _map_of(self, programme: str) -> FieldMap:
        """The newest: a form keeps it from then on."""
        maps = [m for m in self.drugs.maps.values() if m.programme == programme]
        return max(maps, key=lambda field_map: field_map.version)


def _promise(form: MonitoringForm) -> Promise:
    """Of an open form, which only another date gives another revision."""
    dated = f"/{form.revision}" if form.revision > 1 else ""
    return Promise(
        key=f"{REPORT_FORM}/{form.session_id}{dated}",
        kind=REPORT_FORM,
        about=f"{REPORT_FORM}/{form.session_id}",
        person=form.patient_id,
        rule=f"{form.field_map}/submit_within_days",
        why=form.session_id,
        due_at=form.due_at,
        useful_until=form.due_at + CALLED_FOR,
        facts={"session_id": form.session_id},
    )
