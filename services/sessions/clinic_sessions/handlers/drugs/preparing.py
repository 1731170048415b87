"""From which vial a dose is prepared, and that what is in the syringe is of the strength that was
reckoned with."""

from clinic_platform.auth import Caller
from clinic_sessions.domain.bedside.dose import FromVial
from clinic_sessions.domain.drugs import drawing, moving
from clinic_sessions.domain.drugs.reconciling import moved_for
from clinic_sessions.domain.errors import NoDoseOrdered
from clinic_sessions.domain.errors.drugs import VialNotFound, WrongDrug
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.drugs.parts import DrugParts


class PreparingDoses(DrugParts):
    async def source_of(self, by: Caller, session: Session, vial_id: str) -> FromVial:
        """A vial of this place that the caller has, or has drawn from for this session.

        Raises VialNotFound, WrongDrug, VialNotWithYou, VialBlocked, VialExpired.
        """
        vial, hand = await self.at_hand(by, vial_id)
        if vial.location_id != session.location_id:
            raise VialNotFound
        if vial.product.drug != await self.drug_of(session):
            raise WrongDrug
        moving.may_leave(vial, hand)
        if not drawing.in_syringe(vial, session.id):
            moving.held(vial, hand)
        return FromVial(vial_id=vial.id, mg_per_ml=vial.product.strength / 1000)

    async def syringe_fits(self, session: Session) -> None:
        """The second person verifies a volume: it has to be of what is in the syringe, and there is
        no more in it than is ordered now. Raises StrengthDiffers, SyringeHoldsMore."""
        if session.order is None:
            raise NoDoseOrdered
        vials, rules = await self.drugs.vials.for_session(session.id), self.drugs.rules
        moved = moved_for(session.id, vials, rules.rounding_ml)
        for vial in vials:
            if drawing.in_syringe(vial, session.id):
                drawing.check_strength(session.order, vial.product, rules=rules)
                drawing.check_syringe(session.order, vial.product, moved=moved, rules=rules)
