"""The dose, from the order to the last milligram."""

from datetime import datetime

from clinic_platform.auth import Caller
from clinic_sessions.domain.bedside import dosing
from clinic_sessions.domain.bedside.against_alarms import (
    limits_to_confirm,
    may_give_device,
    may_resume,
)
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.orders import Medicine, OrderEntry
from clinic_sessions.domain.bedside.weighing import weight_of_today
from clinic_sessions.domain.protocols.limits import Limit
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.bedside.readiness import READINESS, Readiness
from clinic_sessions.handlers.drugs import PreparingDoses


class Dosing(Readiness, PreparingDoses):
    async def order_dose(
        self,
        by: Caller,
        session_id: str,
        *,
        mg_per_kg: float | None = None,
        dose_mg: float | None = None,
        step_reason: str | None = None,
    ) -> Session:
        """By weight or as one of the fixed doses, as the protocol states."""
        session = await self.reached_session(by, session_id)
        protocol, now = await self.protocol_for(session), self.clock()
        last = await self.sessions.last_dosed(session.patient_id, without=session.id)
        order = order_dose(
            protocol,
            number=1 if session.order is None else session.order.number + 1,
            weight_kg=weight_of_today(session, last, limits=self.data.rules.weight, now=now),
            mg_per_kg=mg_per_kg,
            dose_mg=dose_mg,
            last_mg_per_kg=await self._last_dose(session, protocol.route),
            step_reason=step_reason,
            ordered_by=by.actor,
            now=now,
        )
        return await self.sessions.record(session, dosing.order(session, order))

    async def prepare_dose(
        self,
        by: Caller,
        session_id: str,
        number: int,
        *,
        is_diluted: bool,
        vial_id: str | None = None,
    ) -> Session:
        """From the vial that is named its volume is reckoned; else with the protocol's strength."""
        session = await self.reached_session(by, session_id)
        source = None if vial_id is None else await self.source_of(by, session, vial_id)
        prepared = dosing.prepare(
            session,
            number,
            (await self.protocol_for(session)).giving,
            by=by.actor,
            is_diluted=is_diluted,
            source=source,
            now=self.clock(),
        )
        return await self.sessions.record(session, prepared)

    async def verify_dose(self, by: Caller, session_id: str, number: int) -> Session:
        session = await self.reached_session(by, session_id)
        gates = await self.readiness_of(session, await self.known_of(session))
        verified = dosing.verify(session, number, by=by.actor, gates=gates)
        await self.syringe_fits(session)
        await self.receipts.keep(session.id, READINESS, gates)
        return await self.sessions.record(session, verified)

    async def start_dosing(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        known = await self.known_of(session)
        gates = await self.readiness_of(session, known)
        route, now = known.protocol.route, self.clock()
        started = dosing.start(session, route, by=by.actor, now=now, gates=gates)
        await self.receipts.keep(session.id, READINESS, gates)
        return await self.sessions.record(session, started)

    async def pause_dosing(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        paused = dosing.hold(session, reason, by=by.actor, now=self.clock())
        return await self.sessions.record(session, paused)

    async def resume_dosing(self, by: Caller, session_id: str, reason: str) -> Session:
        session = await self.reached_session(by, session_id)
        resumed = dosing.resume(session, reason, by=by.actor, now=self.clock())
        alarms = await self.alarms.of_session(session.id)
        waiting = await self._limits_to_confirm(session)
        may_resume(alarms, by.roles_at(session.location_id), to_confirm=waiting)
        return await self.sessions.record(session, resumed)

    async def slow_dosing(self, by: Caller, session_id: str, rate: float, reason: str) -> Session:
        """`rate` in mg per minute."""
        session = await self.reached_session(by, session_id)
        slowed = dosing.slow(session, rate, reason, by=by.actor, now=self.clock())
        return await self.sessions.record(session, slowed)

    async def give_device(self, by: Caller, session_id: str) -> Session:
        session = await self.reached_session(by, session_id)
        protocol = await self.protocol_for(session)
        given = dosing.give_device(session, protocol, by=by.actor, now=self.clock())
        alarms = await self.alarms.of_session(session.id)
        may_give_device(alarms, to_confirm=await self._limits_to_confirm(session))
        return await self.sessions.record(session, given)

    async def stop_dosing(self, by: Caller, session_id: str, reason: str | None = None) -> Session:
        session = await self.reached_session(by, session_id)
        stopped = dosing.stop(session, reason, by=by.actor, now=self.clock())
        return await self.sessions.record(session, stopped)

    async def log_order(
        self,
        by: Caller,
        session_id: str,
        order: str,
        role: str | None,
        given_at: datetime | None,
        *,
        ordered_by: str | None = None,
        given_by: str | None = None,
        medicine: Medicine | None = None,
    ) -> Session:
        """`role` is one that the caller has here; None: the only one, or the first of them."""
        session = await self.reached_session(by, session_id)
        now = self.clock()
        entry = OrderEntry(
            order=order,
            role=dosing.role_among(role, by.roles_at(session.location_id)),
            by=by.actor,
            given_at=given_at or now,
            logged_at=now,
            ordered_by=ordered_by,
            given_by=given_by,
            medicine=medicine,
        )
        logged = dosing.log_order(session, entry, book=self.data.order_book)
        return await self.sessions.record(session, logged)

    async def _limits_to_confirm(self, session: Session) -> list[Limit]:
        """Those that wait to be measured again, of whatever level."""
        watch = await self.watches.find(session.id)
        assert watch is not None, "From the start of dosing on there is a watch."
        if not watch.unconfirmed:
            return []
        since = min(one.at for one in watch.unconfirmed)
        again = await self.readings.counting(session.id, since=since)
        monitoring = self.protocol(watch.protocol, watch.protocol_version).monitoring
        return limits_to_confirm(watch, monitoring, again)

    async def _last_dose(self, session: Session, route: str) -> float | None:
        """What the patient got the last time by this route, in mg/kg."""
        last = await self.sessions.last_dosed(session.patient_id, route, without=session.id)
        if last is None or last.order is None:
            return None
        given = last.mg_given(self.clock())
        if given is None:
            return last.order.mg_per_kg
        return round(given / last.order.weight_kg, 2)
