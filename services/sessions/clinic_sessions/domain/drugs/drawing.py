"""Whether something may be drawn for a session: for which, until when, and how much."""

from datetime import datetime
from decimal import Decimal
from typing import Final

from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.drugs.ledger import Account
from clinic_sessions.domain.drugs.product import Product
from clinic_sessions.domain.drugs.reconciling import Difference, Moved, micrograms_of
from clinic_sessions.domain.drugs.rules import DrugRules
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.errors import NoDoseOrdered, NotNow
from clinic_sessions.domain.errors.drugs import (
    MoreThanOrdered,
    SessionLongOver,
    StrengthDiffers,
    SyringeHoldsMore,
)
from clinic_sessions.domain.session import AT_THE_CLINIC, Session, Status

# A draw can be noted late, as long as the session was one; or was voided, and the dose is in.
DRAWABLE: Final = (*AT_THE_CLINIC, Status.COMPLETED, Status.ABORTED)


def order_to_draw_for(session: Session, *, now: datetime, rules: DrugRules) -> DoseOrder:
    """Raises NotNow, NoDoseOrdered, SessionLongOver."""
    if session.status not in DRAWABLE and not session.had_dose:
        raise NotNow("Drawing a dose", session.status, allowed=DRAWABLE)
    if session.order is None:
        raise NoDoseOrdered
    if session.ended_at is not None and is_long_over(session, now=now, rules=rules):
        raise SessionLongOver(session.ended_at)
    return session.order


def is_long_over(session: Session, *, now: datetime, rules: DrugRules) -> bool:
    """So long that what is noted of its drugs now is looked into, and not only late."""
    return session.ended_at is not None and now > session.ended_at + rules.draw_late_within


def check_amount(
    order: DoseOrder, product: Product, micrograms: int, *, moved: Moved, rules: DrugRules
) -> None:
    """With what was given and is in a syringe, no more than was ordered and a line holds back: what
    was wasted before two may be drawn again. A device has no line. Raises MoreThanOrdered."""
    left = _room(order, product, moved, rules)
    if micrograms > left:
        raise MoreThanOrdered(left)


def check_syringe(order: DoseOrder, product: Product, *, moved: Moved, rules: DrugRules) -> None:
    """What was drawn for an earlier order may be more than this one. Raises SyringeHoldsMore."""
    left = _room(order, product, moved, rules)
    if left < 0:
        raise SyringeHoldsMore(-left)


def _room(order: DoseOrder, product: Product, moved: Moved, rules: DrugRules) -> int:
    """Micrograms that may still be drawn; below 0, there is too much already."""
    overfill = Decimal(0) if order.devices else rules.overfill_ml
    beyond = product.amount_in(overfill + rules.rounding_ml)
    return micrograms_of(order.dose_mg) + beyond - moved.given - moved.in_syringe


def in_syringe(vial: Vial, session_id: str) -> bool:
    """Whether some of this vial is drawn up for the session now."""
    return vial.ledger.balance(Account("syringe", session_id)) > 0


def is_of_strength(order: DoseOrder, product: Product, *, rules: DrugRules) -> bool:
    """Whether the volume that was ordered holds the dose, to one graduation of a syringe. A device
    has no volume."""
    if order.volume_ml is None:
        return True
    expected = product.volume_of(micrograms_of(order.dose_mg))
    return abs(expected - Decimal(str(order.volume_ml))) <= rules.rounding_ml


def check_strength(order: DoseOrder, product: Product, *, rules: DrugRules) -> None:
    """Raises StrengthDiffers."""
    if order.volume_ml is not None and not is_of_strength(order, product, rules=rules):
        expected = product.volume_of(micrograms_of(order.dose_mg))
        raise StrengthDiffers(order.volume_ml, round(float(expected), 3), product.strength / 1000)


def strength_differs(order: DoseOrder, vial: Vial, session_id: str) -> Difference:
    """What was ordered, and what the volume that was verified holds of this vial."""
    volume = Decimal(str(order.volume_ml or 0))
    return Difference(
        kind="strength_differs",
        session_id=session_id,
        vial_id=vial.id,
        expected=micrograms_of(order.dose_mg),
        found=vial.product.amount_in(volume),
    )
