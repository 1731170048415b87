"""Protocols as they stand in files, and the same with something changed."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from clinic_platform.data import load_folder
from clinic_platform.decisions import Known, Receipt
from clinic_sessions.app import rule_sets
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.domain.protocols.rehearsal import PastSession
from clinic_sessions.domain.session import Session, Status
from tests.support.sessions import TOMORROW, a_session, a_visit, good_facts

DEPRESSION: Final = "iv-ketamine-depression"
FILES: Final[Mapping[str, Mapping[str, Any]]] = load_folder("clinic_sessions", "protocols")
GONE: Final = object()


def a_document(name: str = DEPRESSION, **changes: object) -> dict[str, Any]:
    """The shipped file's content; `spacing__least_hours` reaches into it, a number into a list."""
    document = deepcopy(dict(FILES[f"{name}.yaml"]))
    for way, value in changes.items():
        change(document, way.split("__"), value)
    return document


def change(document: Any, way: list[str], value: object) -> None:
    """Set what lies at the end of the way; GONE takes it out."""
    *before, last = (int(step) if step.isdigit() else step for step in way)
    for step in before:
        document = document[step]
    if value is GONE:
        del document[last]
    elif isinstance(document, list) and last == len(document):
        document.append(value)
    else:
        document[last] = value


def sourced(value: float) -> dict[str, object]:
    return {"value": value, "source": "clinic default"}


def a_limit(name: str, level: str, **bounds: object) -> dict[str, object]:
    words = {"message": "Look.", "source": "clinic default"}
    return {"id": name, "parameter": "systolic", "level": level, **words, **bounds}


def a_version(version: int = 2, **changes: Any) -> Protocol:
    """Of the sample protocol, with something changed."""
    return read_protocol(a_document(version=version, **changes))


def a_dose(mg_per_kg: float, *, weight_kg: float = 80.0, is_marked: bool = False) -> DoseOrder:
    mg = round(weight_kg * mg_per_kg, 2)
    return DoseOrder(
        number=1,
        mg_per_kg=mg_per_kg,
        weight_kg=weight_kg,
        dose_mg=mg,
        volume_ml=mg / 50,
        rate_mg_per_min=mg / 40,
        above_soft_limit=is_marked,
        ordered_by="usr_p",
        ordered_at=TOMORROW,
    )


def visit_on(day: int) -> Visit:
    """The sample visit on another day, whether or not the place is open then."""
    visit, later = a_visit(), timedelta(days=day)
    return replace(visit, starts_at=visit.starts_at + later, ends_at=visit.ends_at + later)


def a_past_session(
    number: int, *, day: int, plan: str = "pln_1", mg_per_kg: float = 0.5, is_marked: bool = False
) -> Session:
    """Completed: 40 minutes of dosing, and an hour until it ended."""
    starts_at = TOMORROW + timedelta(days=day)
    dosed_at = starts_at + timedelta(minutes=15)
    return replace(
        a_session(),
        id=f"ses_{number}",
        plan_id=plan,
        status=Status.COMPLETED,
        visit=visit_on(day),
        order=a_dose(mg_per_kg, is_marked=is_marked),
        dosing_started_at=dosed_at,
        dosing_ended_at=dosed_at + timedelta(minutes=40),
        ended_at=dosed_at + timedelta(minutes=100),
    )


def a_readiness(at: datetime, **facts: float | bool | None) -> Receipt:
    """As the shipped gates decide it, with these facts instead of good ones."""
    changed = {name: Known(value=value, known_at=at) for name, value in facts.items()}
    return rule_sets()["readiness-gates"].decide({**good_facts(at), **changed}, as_of=at)


def in_the_past(session: Session, *receipts: Receipt, version: int = 1) -> PastSession:
    return PastSession(session=session, version=version, receipts=receipts)
