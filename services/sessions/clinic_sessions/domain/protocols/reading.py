"""A protocol from its file: every number stands there as `{value: …, source: …}`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from clinic_sessions.domain.protocols.limits import Limit
from clinic_sessions.domain.protocols.protocol import (
    BadProtocol,
    DoseBounds,
    FixedDoses,
    Giving,
    Monitoring,
    Need,
    Phase,
    Protocol,
    Spacing,
    Waiver,
)

Document = Mapping[str, Any]


def read_protocol(document: Document) -> Protocol:
    """Raises BadProtocol, naming the field."""
    try:
        return Protocol(
            name=document["protocol"],
            version=document["version"],
            indication=document["indication"],
            drug=document["drug"],
            route=document["route"],
            infusions=int(_value(document["infusions"])),
            spacing=_spacing(document["spacing"]),
            dose=_dose(document["dose"]),
            giving=_giving(document["giving"]),
            phases=tuple(_phase(phase) for phase in document["phases"]),
            monitoring=_monitoring(document["monitoring"]),
            gates=document["gates"],
            discharge=document["discharge"],
            waivers=tuple(_waiver(waiver) for waiver in document.get("waivers", ())),
            surveys=document["surveys"],
            integration=document["integration"],
            risk_programme=document.get("risk_programme"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadProtocol(f"The protocol lacks or mistypes {error}.") from None


def _spacing(document: Document) -> Spacing:
    return Spacing(
        least=_hours(document["least_hours"]),
        most=_hours(document["most_hours"]),
        within=timedelta(days=_value(document["within_days"])),
    )


def _dose(document: Document) -> DoseBounds | FixedDoses:
    if "doses_mg" in document:
        return FixedDoses(
            doses_mg=tuple(float(_value(dose)) for dose in document["doses_mg"]),
            device_mg=float(_value(document["device_mg"])),
            between_devices=_minutes(document["between_devices_minutes"]),
        )
    return DoseBounds(
        least=_value(document["least_mg_per_kg"]),
        start=_value(document["start_mg_per_kg"]),
        soft_most=_value(document["soft_most_mg_per_kg"]),
        hard_most=_value(document["hard_most_mg_per_kg"]),
        absolute_mg=_value(document["absolute_mg"]),
        step=_value(document["step_mg_per_kg"]),
    )


def _giving(document: Document) -> Giving:
    return Giving(
        lasts=_minutes(document["minutes"]),
        concentration_mg_per_ml=_optional(document, "concentration_mg_per_ml"),
        fastest=_optional(document, "fastest_mg_per_kg_per_minute"),
        dilute_above_mg_per_ml=_optional(document, "dilute_above_mg_per_ml"),
    )


def _phase(document: Document) -> Phase:
    return Phase(
        name=document["name"],
        after=_minutes(document["after_minutes"]),
        lasts=_minutes(document["minutes"]),
        needs=tuple(_need(need) for need in document["needs"]),
    )


def _need(document: Document) -> Need:
    """`{place: chair}`, `{person: nurse, competence: infusion, shared: true}`, …"""
    kinds = [kind for kind in ("place", "person", "equipment") if kind in document]
    if len(kinds) != 1:
        raise ValueError("one of place, person and equipment in a need")
    most = document.get("at_most")
    return Need(
        kind=kinds[0],  # type: ignore[arg-type]  # one of the three above
        what=document[kinds[0]],
        competence=document.get("competence"),
        is_shared=document.get("shared", False),
        at_most=None if most is None else int(_value(most)),
    )


def _monitoring(document: Document) -> Monitoring:
    least, most = document["confirm_within_minutes"]
    return Monitoring(
        during_every=_minutes(document["during_every_minutes"]),
        after_every=_minutes(document["after_every_minutes"]),
        at=tuple(_minutes(minutes) for minutes in document.get("at_minutes", ())),
        observe_at_least=_minutes(document["observe_at_least_minutes"]),
        late_after=_minutes(document["late_after_minutes"]),
        escalate_after=_minutes(document["escalate_after_minutes"]),
        confirm_within=(_minutes(least), _minutes(most)),
        limits=tuple(_limit(limit) for limit in document["limits"]),
    )


def _limit(document: Document) -> Limit:
    if not document["source"]:
        raise ValueError("a source")
    return Limit(**{name: _listed(value) for name, value in document.items()})


def _listed(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _waiver(document: Document) -> Waiver:
    return Waiver(
        gate=document["gate"],
        roles=tuple(document["roles"]),
        people=int(document.get("people", 1)),
    )


def _minutes(number: Document) -> timedelta:
    return timedelta(minutes=_value(number))


def _hours(number: Document) -> timedelta:
    return timedelta(hours=_value(number))


def _optional(document: Document, name: str) -> float | None:
    return _value(document[name]) if name in document else None


def _value(number: Document) -> float:
    """The value of a number that says where it comes from."""
    if not number["source"]:
        raise ValueError("a source")
    value: float = number["value"]
    return value
