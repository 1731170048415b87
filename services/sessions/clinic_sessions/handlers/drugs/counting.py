"""Counts: by two, each on their own, at the start of a shift and at its end."""

from clinic_platform.auth import Caller
from clinic_platform.ids import derived_id
from clinic_sessions.domain.drugs.counting import Count, Shift, shift_is_open
from clinic_sessions.domain.drugs.day import Span
from clinic_sessions.domain.drugs.incident import has_found
from clinic_sessions.domain.drugs.moving import Hand
from clinic_sessions.domain.drugs.vial import Counted, DiscrepancyFound, Vial
from clinic_sessions.domain.errors.drugs import ShiftNotCounted
from clinic_sessions.handlers.drugs.incidents import HandlingIncidents


class CountingVials(HandlingIncidents):
    async def count_vial(self, by: Caller, vial_id: str, shift: Shift, found: int) -> Vial:
        """A count that differs opens an incident and blocks the vial; a person closes it."""
        vial, hand = await self.at_hand(by, vial_id)
        rules, expected = self.drugs.rules, vial.ledger.in_the_vial
        count = Count(
            shift=shift,
            found=found,
            expected=expected,
            tolerance=rules.tolerance(vial.received, is_multi_dose=vial.product.is_multi_dose),
            at=hand.now,
            by=hand.by,
        )
        if count.agrees or await self._is_open(vial, count):
            return await self.drugs.vials.record(vial, Counted(count))
        incident_id = derived_id("inc", vial.id, str(vial.revision))
        await self.open_count_incident(vial, count, incident_id)
        return await self.drugs.vials.record(vial, DiscrepancyFound(count, incident_id))

    async def must_be_counted(self, vial: Vial, hand: Hand) -> None:
        """Raises ShiftNotCounted; whatever came today, too: one person receives it."""
        if not self.drugs.rules.count_before_use:
            return
        zone = (await self.locations.get(vial.location_id)).details.zone
        if not shift_is_open(vial.counts, since=Span.of(hand.day.date(), zone).starts_at):
            raise ShiftNotCounted

    async def _is_open(self, vial: Vial, count: Count) -> bool:
        """One incident for each amount: who finds the same again opens no other."""
        open_there = await self.drugs.incidents.open_at(vial.location_id)
        return any(has_found(incident, vial, count) for incident in open_there)
