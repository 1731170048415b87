"""From the store to the patient: taken before a witness, drawn, given, and the rest wasted."""

from decimal import Decimal

from clinic_platform.auth import Caller
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.drugs import drawing, moving, witnessing
from clinic_sessions.domain.drugs.moving import Hand
from clinic_sessions.domain.drugs.reconciling import moved_for
from clinic_sessions.domain.drugs.vial import CheckOut, Vial, Waste
from clinic_sessions.domain.drugs.witnessing import Proposal
from clinic_sessions.domain.errors import NotNow, SessionNotFound
from clinic_sessions.domain.errors.drugs import WrongDrug
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.handlers.drugs.counting import CountingVials


class Dispensing(CountingVials):
    async def check_out_vial(self, by: Caller, vial_id: str) -> Vial:
        """Asked for: the vial stays in the store until another person has witnessed it."""
        vial, hand = await self.at_hand(by, vial_id)
        check_out = CheckOut(id=self.new_id("out"), by=hand.by, at=hand.now)
        asked = self.asked(vial, check_out, hand)
        await self._may_be_used(vial, hand)
        return await self.post(vial, hand, asked)

    async def witness_check_out(self, by: Caller, vial_id: str, check_out_id: str) -> Vial:
        vial, hand = await self.at_hand(by, vial_id)
        within = self.drugs.rules.witness_within
        taken = witnessing.witness_check_out(vial, hand, check_out_id, within=within)
        if taken.entry.kind == "checked_out":
            await self._may_be_used(vial, hand)
        return await self.post(vial, hand, taken)

    async def _may_be_used(self, vial: Vial, hand: Hand) -> None:
        """Raises PlaceNotRegistered, ShiftNotCounted."""
        self.must_be_registered(await self.locations.get(vial.location_id), vial.product.drug)
        await self.must_be_counted(vial, hand)

    async def draw_dose(
        self,
        by: Caller,
        vial_id: str,
        *,
        session_id: str,
        micrograms: int,
        millilitres: Decimal | None,
    ) -> Vial:
        vial, hand = await self.at_hand(by, vial_id)
        session = await self._session_of(vial, session_id)
        rules = self.drugs.rules
        order = drawing.order_to_draw_for(session, now=hand.now, rules=rules)
        if await self.drug_of(session) != vial.product.drug:
            raise WrongDrug
        if session.dosing_started_at is None:
            drawing.check_strength(order, vial.product, rules=rules)
        if millilitres is not None:
            vial.product.check_volume(micrograms, millilitres, rules.rounding_ml)
        drawn = moving.draw(vial, hand, session_id=session_id, micrograms=micrograms)
        vials = await self.drugs.vials.for_session(session.id)
        moved = moved_for(session.id, vials, rules.rounding_ml)
        drawing.check_amount(order, vial.product, micrograms, moved=moved, rules=rules)
        await self.must_be_counted(vial, hand)
        vial = await self.post(vial, hand, drawn)
        if not drawing.is_of_strength(order, vial.product, rules=rules):
            return await self._of_another_strength(order, vial, session.id)
        return vial

    async def _of_another_strength(self, order: DoseOrder, vial: Vial, session_id: str) -> Vial:
        """It has gone in: it is noted, and a person looks into it."""
        location = await self.locations.get(vial.location_id)
        await self.open_difference(location, drawing.strength_differs(order, vial, session_id))
        return await self.drugs.vials.get(vial.id)

    async def give_dose(
        self, by: Caller, vial_id: str, *, session_id: str, micrograms: int
    ) -> Vial:
        vial, hand = await self.at_hand(by, vial_id)
        session = await self._session_of(vial, session_id)
        if not session.had_dose:
            raise NotNow("Noting a dose as given", session.status, allowed=(Status.DOSING,))
        given = moving.give(vial, hand, session_id=session_id, micrograms=micrograms)
        return await self.post(vial, hand, given)

    async def propose_waste(self, by: Caller, vial_id: str, proposal: Proposal) -> Vial:
        vial, hand = await self.at_hand(by, vial_id)
        waste = Waste(
            id=self.new_id("wst"),
            kind=proposal.kind,
            source=witnessing.source_of(proposal, hand),
            micrograms=proposal.micrograms,
            method=proposal.method,
            proposed_by=hand.by,
            proposed_at=hand.now,
            reference=proposal.form,
        )
        within = self.drugs.rules.witness_within
        proposed = witnessing.propose_waste(vial, hand, waste, within=within)
        return await self.post(vial, hand, proposed)

    async def witness_waste(self, by: Caller, vial_id: str, waste_id: str) -> Vial:
        vial, hand = await self.at_hand(by, vial_id)
        within = self.drugs.rules.witness_within
        witnessed = witnessing.witness_waste(vial, hand, waste_id, within=within)
        return await self.post(vial, hand, witnessed)

    async def _session_of(self, vial: Vial, session_id: str) -> Session:
        """One of the vial's own place; any other is not found."""
        session = await self.sessions.get(session_id)
        if session.location_id != vial.location_id:
            raise SessionNotFound
        return session
