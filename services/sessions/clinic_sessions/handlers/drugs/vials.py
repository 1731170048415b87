"""Vials: received, stored, taken out, drawn, given, wasted by two, counted by two, returned."""

from decimal import Decimal
from typing import Final, Literal

from clinic_platform.auth import Caller
from clinic_platform.ids import derived_id
from clinic_sessions.domain.drugs import moving
from clinic_sessions.domain.drugs.counting import Count, Shift, is_proven
from clinic_sessions.domain.drugs.day import Span
from clinic_sessions.domain.drugs.moving import Hand, Proposal
from clinic_sessions.domain.drugs.vial import (
    Counted,
    DiscrepancyFound,
    Product,
    Vial,
    Waste,
)
from clinic_sessions.domain.errors import NoDoseOrdered, NotNow, SessionNotFound
from clinic_sessions.domain.errors.drugs import (
    NotCountedToday,
    PlaceOrDocumentMissing,
    UnknownDrug,
    WrongDrug,
)
from clinic_sessions.domain.session import AT_THE_CLINIC, Session, Status
from clinic_sessions.handlers.drugs.reconciling import Reconciling

# A draw and a dose can be noted late, as long as the session was one.
DRAWABLE: Final = (*AT_THE_CLINIC, Status.COMPLETED, Status.ABORTED)


class KeepingVials(Reconciling):
    async def receive_vial(
        self, by: Caller, location_id: str, product: Product, *, is_stored: bool
    ) -> Vial:
        location = await self.reached_place(by, location_id)
        if product.drug not in self.data.opening.drugs:
            raise UnknownDrug(sorted(self.data.opening.drugs))
        hand = await self.hand_of(by, location.id)
        vial = Vial(
            id=self.new_id("via"), location_id=location.id, product=product, received_at=hand.now
        )
        vial = await self.post(vial, hand, moving.receive(vial, hand))
        if is_stored:
            vial = await self.post(vial, hand, moving.store(vial, hand))
        await self.plan_reconciling(location, why=vial.id)
        return vial

    async def check_out_vial(self, by: Caller, vial_id: str) -> Vial:
        vial, hand = await self._at_hand(by, vial_id)
        taken = moving.check_out(vial, hand)
        await self._must_be_counted(vial, hand)
        return await self.post(vial, hand, taken)

    async def draw_dose(
        self,
        by: Caller,
        vial_id: str,
        *,
        session_id: str,
        micrograms: int,
        millilitres: Decimal | None,
    ) -> Vial:
        vial, hand = await self._at_hand(by, vial_id)
        session = await self._session_of(vial, session_id)
        if session.status not in DRAWABLE:
            raise NotNow("Drawing a dose", session.status, allowed=DRAWABLE)
        if session.order is None:
            raise NoDoseOrdered
        if await self.drug_of(session) != vial.product.drug:
            raise WrongDrug
        if millilitres is not None:
            vial.product.check_volume(micrograms, millilitres, self.drugs.rules.rounding_ml)
        drawn = moving.draw(vial, hand, session_id=session_id, micrograms=micrograms)
        return await self.post(vial, hand, drawn)

    async def give_dose(
        self, by: Caller, vial_id: str, *, session_id: str, micrograms: int
    ) -> Vial:
        vial, hand = await self._at_hand(by, vial_id)
        session = await self._session_of(vial, session_id)
        if session.dosing_started_at is None or session.status is Status.VOIDED:
            raise NotNow("Noting a dose as given", session.status, allowed=(Status.DOSING,))
        given = moving.give(vial, hand, session_id=session_id, micrograms=micrograms)
        return await self.post(vial, hand, given)

    async def propose_waste(self, by: Caller, vial_id: str, proposal: Proposal) -> Vial:
        vial, hand = await self._at_hand(by, vial_id)
        waste = Waste(
            id=self.new_id("wst"),
            kind=proposal.kind,
            source=moving.source_of(proposal, hand),
            micrograms=proposal.micrograms,
            method=proposal.method,
            proposed_by=hand.by,
            proposed_at=hand.now,
            reference=proposal.form,
        )
        within = self.drugs.rules.witness_within
        proposed = moving.propose_waste(vial, hand, waste, within=within)
        return await self.post(vial, hand, proposed)

    async def witness_waste(self, by: Caller, vial_id: str, waste_id: str) -> Vial:
        vial, hand = await self._at_hand(by, vial_id)
        within = self.drugs.rules.witness_within
        witnessed = moving.witness_waste(vial, hand, waste_id, within=within)
        return await self.post(vial, hand, witnessed)

    async def return_vial(
        self,
        by: Caller,
        vial_id: str,
        *,
        to: Literal["store", "supplier", "location"],
        location_id: str | None,
        reference: str | None,
    ) -> Vial:
        """Another place receives it as a vial of its own, with this reference."""
        vial, hand = await self._at_hand(by, vial_id)
        if to == "store":
            return await self.post(vial, hand, moving.store(vial, hand))
        if reference is None:
            raise PlaceOrDocumentMissing
        if to == "supplier":
            back = moving.return_to_supplier(vial, hand, reference=reference)
            return await self.post(vial, hand, back)
        if location_id is None:
            raise PlaceOrDocumentMissing
        place = await self.locations.get(location_id)
        moved = moving.transfer(vial, hand, location_id=place.id, reference=reference)
        return await self.post(vial, hand, moved)

    async def correct_entry(self, by: Caller, vial_id: str, number: int) -> Vial:
        vial, hand = await self._at_hand(by, vial_id)
        return await self.post(vial, hand, moving.correct(vial, hand, number))

    async def count_vial(self, by: Caller, vial_id: str, shift: Shift, found: int) -> Vial:
        """A count that differs opens an incident and blocks the vial; a person closes it."""
        vial, hand = await self._at_hand(by, vial_id)
        rules, expected = self.drugs.rules, vial.ledger.in_the_vial
        count = Count(
            shift=shift,
            found=found,
            expected=expected,
            tolerance=rules.tolerance(vial.received, is_multi_dose=vial.product.is_multi_dose),
            at=hand.now,
            by=hand.by,
        )
        if count.agrees or vial.incident_id is not None:
            return await self.drugs.vials.record(vial, Counted(count))
        incident_id = derived_id("inc", vial.id, str(vial.revision))
        await self.open_count_incident(vial, count, incident_id)
        return await self.drugs.vials.record(vial, DiscrepancyFound(count, incident_id))

    async def _at_hand(self, by: Caller, vial_id: str) -> tuple[Vial, Hand]:
        vial = await self.reached_vial(by, vial_id)
        return vial, await self.hand_of(by, vial.location_id)

    async def _session_of(self, vial: Vial, session_id: str) -> Session:
        """One of the vial's own place; any other is not found."""
        session = await self.sessions.get(session_id)
        if session.location_id != vial.location_id:
            raise SessionNotFound
        return session

    async def _must_be_counted(self, vial: Vial, hand: Hand) -> None:
        """Raises NotCountedToday. What came today was counted when it came."""
        zone = (await self.locations.get(vial.location_id)).details.zone
        today = Span.of(hand.day.date(), zone)
        if not self.drugs.rules.count_before_check_out or vial.received_at >= today.starts_at:
            return
        if not is_proven(vial.counts, since=today.starts_at):
            raise NotCountedToday
