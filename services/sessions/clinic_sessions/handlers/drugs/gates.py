"""What the gates before a dose ask about drugs: registration, the state's programme, the draw."""

from clinic_platform.decisions import Known
from clinic_sessions.domain.drugs.reconciling import is_drawn, moved_for
from clinic_sessions.domain.drugs.registration import draw_facts, facts_of, monitoring_facts
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers.drugs.parts import DrugParts


class DrugGates(DrugParts):
    async def drug_facts(self, session: Session, location: Location, drug: str) -> dict[str, Known]:
        """`location` is where the session is."""
        now, rules = self.clock(), self.drugs.rules
        is_asked = rules.draw_before_dose and await self.drugs.vials.keeps(location.id, drug)
        return {
            **facts_of(location, now, schedule=self.data.opening.drugs.get(drug)),
            **monitoring_facts(location, session.facts, now),
            **draw_facts(
                is_drawn=is_asked and await self._is_drawn(session),
                is_asked=is_asked,
                now=now,
                source=f"controlled-drugs@{rules.version}",
            ),
        }

    async def _is_drawn(self, session: Session) -> bool:
        if session.order is None:
            return False
        vials = await self.drugs.vials.for_session(session.id)
        moved = moved_for(session.id, vials, self.drugs.rules.rounding_ml)
        return is_drawn(session.order.dose_mg, moved)
