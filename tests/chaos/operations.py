"""The commands of a storm: where each is sent, the records it changes, the events it publishes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from clinic_ctl.demo.doors import Who
from clinic_ctl.demo.stage import FRONT_DESK, NURSE, PRESCRIBER, SECOND_NURSE

# Where a record's id is found: in the path that was asked, or in a field of the answer.
PATH: Final = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`about`: where the id is that the audit names. `touches`: collection → where its id is.
    `adds` is a collection that gets one more row without a version of its own. `events`: those it
    publishes.
    """

    service: str
    path: str
    who: Who | None
    about: str = "id"
    touches: tuple[tuple[str, str], ...] = ()
    adds: str = ""
    events: tuple[str, ...] = ()


def _intake(path: str, who: Who | None, collection: str, *events: str, at: str = "id") -> Operation:
    return Operation(
        service="intake",
        path=path,
        who=who,
        about=at,
        touches=((collection, at),),
        events=tuple(f"intake.{name}" for name in events),
    )


def _session(verb: str, who: Who, *events: str, adds: str = "") -> Operation:
    return Operation(
        service="sessions",
        path=f"/v1/sessions/{{id}}/{verb}",
        who=who,
        about=PATH,
        touches=(("sessions", PATH),),
        adds=adds,
        events=tuple(f"sessions.{name}" for name in events),
    )


def _alarm(verb: str, event: str) -> Operation:
    """On `{session}/alarms/{alarm}`: an alarm is changed by what comes due, too."""
    path = f"/v1/sessions/{{id}}/{verb}"
    return Operation(service="sessions", path=path, who=NURSE, events=(f"sessions.{event}",))


PATIENT: Final = "/v1/patients/{id}"

OPERATIONS: Final[Mapping[str, Operation]] = {
    "receive_enquiry": _intake("/v1/enquiries", None, "enquiries"),
    "convert_enquiry": Operation(
        service="intake",
        path="/v1/enquiries/{id}/convert",
        who=FRONT_DESK,
        about="patient_id",
        touches=(("enquiries", PATH), ("patients", "patient_id")),
        events=("intake.patient_registered", "intake.contact_card_sealed"),
    ),
    "screen_patient": _intake(f"{PATIENT}/screenings", NURSE, "screenings", "screening_completed"),
    "give_consent": _intake(f"{PATIENT}/consents", FRONT_DESK, "consents", "consent_given"),
    "book_consultation": _intake(
        "/v1/consultations", FRONT_DESK, "consultations", "consultation_booked"
    ),
    "complete_consultation": _intake(
        "/v1/consultations/{id}/complete",
        PRESCRIBER,
        "consultations",
        "consultation_held",
        at=PATH,
    ),
    "decide_clearance": _intake(
        f"{PATIENT}/clearance", PRESCRIBER, "clearances", "patient_cleared"
    ),
    "book_session": Operation(
        service="sessions",
        path="/v1/sessions",
        who=FRONT_DESK,
        touches=(("sessions", "id"),),
        events=("sessions.session_booked",),
    ),
    "reschedule_session": _session("reschedule", FRONT_DESK, "session_rescheduled"),
    "cancel_session": _session("cancel", FRONT_DESK, "session_cancelled"),
    "receive_patient": _session("arrive", FRONT_DESK),
    "note_checks": _session("checks", NURSE),
    "order_dose": _session("dose-orders", PRESCRIBER),
    "prepare_dose": _session("dose-orders/1/prepare", NURSE),
    "verify_dose": _session("dose-orders/1/verify", SECOND_NURSE),
    "start_dosing": _session("start-dosing", NURSE, "dosing_started"),
    "take_reading": Operation(
        service="sessions",
        path="/v1/sessions/{id}/readings",
        who=NURSE,
        about=PATH,
        adds="readings",
    ),
    "stop_dosing": _session("stop-dosing", NURSE, "dosing_ended"),
    "acknowledge_alarm": _alarm("acknowledge", "alarm_acknowledged"),
    "close_alarm": _alarm("close", "alarm_closed"),
    # A measurement before somebody goes home is weighed as a monitor's reading.
    "assess_discharge": _session("discharge-assessments", NURSE, adds="readings"),
    "complete_session": _session("complete", NURSE, "session_completed"),
}
