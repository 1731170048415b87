"""Vials as they come and go: received, returned, handed on; and what is put right."""

from collections.abc import Iterable
from typing import Literal

from clinic_platform.auth import Caller
from clinic_sessions.domain.board.past import Then
from clinic_sessions.domain.drugs import moving
from clinic_sessions.domain.drugs.drawing import is_long_over
from clinic_sessions.domain.drugs.past import vial_then
from clinic_sessions.domain.drugs.product import Product
from clinic_sessions.domain.drugs.reconciling import Stretch
from clinic_sessions.domain.drugs.vial import CheckOut, Vial
from clinic_sessions.domain.errors.drugs import PlaceOrDocumentMissing, SamePlace
from clinic_sessions.handlers.drugs.reconciling import Reconciling


class KeepingVials(Reconciling):
    async def receive_vial(
        self, by: Caller, location_id: str, product: Product, *, is_stored: bool
    ) -> Vial:
        location = await self.reached_place(by, location_id)
        self.must_be_registered(location, product.drug)
        hand = await self.hand_of(by, location.id)
        vial = Vial(
            id=self.new_id("via"), location_id=location.id, product=product, received_at=hand.now
        )
        vial = await self.post(vial, hand, moving.receive(vial, hand))
        if is_stored:
            vial = await self.post(vial, hand, moving.store(vial, hand))
        await self.plan_reconciling(location, why=vial.id)
        return vial

    async def return_vial(
        self,
        by: Caller,
        vial_id: str,
        *,
        to: Literal["store", "supplier", "location"],
        location_id: str | None,
        reference: str | None,
    ) -> Vial:
        """Away from the place once another person has witnessed it; another place receives it as
        a vial of its own, with this reference."""
        vial, hand = await self.at_hand(by, vial_id)
        if to == "store":
            return await self.post(vial, hand, moving.store(vial, hand))
        if reference is None or (to == "location" and location_id is None):
            raise PlaceOrDocumentMissing
        leaving = CheckOut(
            id=self.new_id("out"),
            by=hand.by,
            at=hand.now,
            kind="returned" if to == "supplier" else "transferred",
            place_id=await self._receiver(vial, location_id) if to == "location" else "",
            reference=reference,
        )
        return await self.post(vial, hand, self.asked(vial, leaving, hand))

    async def _receiver(self, vial: Vial, location_id: str | None) -> str:
        """Raises LocationNotFound, SamePlace, PlaceNotRegistered."""
        place = await self.locations.get(location_id or "")
        if place.id == vial.location_id:
            raise SamePlace
        self.must_be_registered(place, vial.product.drug)
        return place.id

    async def vials_then(self, vials: Iterable[Vial], then: Then) -> list[Vial]:
        """Those that had come by then, each as it was."""
        by_id = {vial.id: vial for vial in vials}
        histories = await self.drugs.vials.histories(by_id)
        found = (vial_then(by_id[of], past, then.earlier) for of, past in histories.items())
        return [vial for vial in found if vial is not None]

    async def correct_entry(self, by: Caller, vial_id: str, number: int) -> Vial:
        """Of a session long over it is looked into at once: nobody expects it there any more."""
        vial, hand = await self.at_hand(by, vial_id)
        corrected = moving.correct(vial, hand, number)
        vial = await self.post(vial, hand, corrected)
        session = await self.session_or_none(corrected.entry.session_id or "")
        if session is None or not is_long_over(session, now=hand.now, rules=self.drugs.rules):
            return vial
        location = await self.locations.get(vial.location_id)
        during = Stretch(hand.now - self.drugs.rules.look_back, hand.now)
        for difference in await self.differing_of(session, during):
            await self.open_difference(location, difference)
        return await self.drugs.vials.get(vial.id)
