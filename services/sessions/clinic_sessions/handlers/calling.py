"""A call about a visit, made each time that a promise about it comes due."""

from clinic_platform.ids import derived_id
from clinic_platform.promises import Due
from clinic_sessions.domain.calls import Call, CallReason, Urgency
from clinic_sessions.domain.session import Session


def call_about(
    session: Session,
    due: Due,
    reason: CallReason,
    *,
    about_id: str | None = None,
    level: Urgency = "caution",
) -> Call:
    """One for each time it came due; `about_id`, where it is not the visit as a whole."""
    return Call(
        id=derived_id("cal", due.promise.key, due.promise.due_at.isoformat()),
        location_id=session.location_id,
        reason=reason,
        about_id=about_id or session.id,
        level=level,
        called_at=due.now,
        session_id=session.id,
        patient_id=session.patient_id,
    )
