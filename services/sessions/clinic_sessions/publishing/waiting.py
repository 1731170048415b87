"""The event of a time that is offered to one who waits."""

from typing import assert_never

from clinic_events import Event, OfferEnded, OfferMade
from clinic_sessions.domain.waiting import offer as offers


def of_offer(offer: offers.Offer, fact: offers.OfferFact) -> list[Event]:
    """`offer` as it is after the fact."""
    match fact:
        case offers.Made(at):
            return [
                OfferMade(
                    offer_id=offer.id,
                    patient_id=offer.patient_id,
                    location_id=offer.location_id,
                    plan_id=offer.plan_id,
                    session_id=offer.session_id,
                    starts_at=offer.starts_at,
                    ends_at=offer.ends_at,
                    made_at=at,
                    answer_by=offer.answer_by,
                    offer_version=offer.revision,
                )
            ]
        case offers.Ended(outcome, at, _):
            return [
                OfferEnded(
                    offer_id=offer.id,
                    patient_id=offer.patient_id,
                    location_id=offer.location_id,
                    plan_id=offer.plan_id,
                    outcome=outcome,
                    ended_at=at,
                    offer_version=offer.revision,
                )
            ]
        case _:
            assert_never(fact)
