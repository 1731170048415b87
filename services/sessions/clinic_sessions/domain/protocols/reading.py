"""A protocol from its file: every number stands there as `{value: …, source: …}`.

Strict: what is not known here is refused, since a misspelt bound would be no bound at all.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast, get_args

from clinic_sessions.domain.protocols.consistency import check_consistency
from clinic_sessions.domain.protocols.fields import Fields
from clinic_sessions.domain.protocols.limits import LEVELS, Level, Limit
from clinic_sessions.domain.protocols.protocol import (
    BadProtocol,
    DoseBounds,
    FixedDoses,
    Giving,
    Monitoring,
    Need,
    NeedKind,
    Phase,
    Protocol,
    Route,
    Spacing,
    Waiver,
)

Document = Mapping[str, Any]

# Bounds of plausibility: a number outside is a slip of the hand. They are no limits of safety.
MINUTES: Final = 1440.0
HOURS: Final = 2160.0
DAYS: Final = 366.0
MG: Final = 10_000.0
MG_PER_KG: Final = 20.0
LEAST: Final = 0.001

NEEDS: Final = (
    *("protocol", "version", "indication", "drug", "route", "infusions", "spacing", "dose"),
    *("giving", "phases", "monitoring", "gates", "discharge", "surveys", "integration"),
)
BY_WEIGHT: Final = (
    *("least_mg_per_kg", "start_mg_per_kg", "soft_most_mg_per_kg", "hard_most_mg_per_kg"),
    *("absolute_mg", "step_mg_per_kg"),
)
FIXED: Final = ("doses_mg", "device_mg", "between_devices_minutes")
STRENGTH: Final = (
    *("concentration_mg_per_ml", "fastest_mg_per_kg_per_minute", "dilute_above_mg_per_ml"),
)
WATCHING: Final = (
    *("during_every_minutes", "after_every_minutes", "observe_at_least_minutes"),
    *("late_after_minutes", "escalate_after_minutes", "confirm_within_minutes", "limits"),
)
BOUNDS: Final = ("at_least", "at_most", "against_baseline", "against_baseline_percent")
PLACES: Final = ("chair", "recovery")
# Those whom the service's policy lets waive a gate at all.
MAY_WAIVE: Final = ("nurse", "prescriber")


def read_protocol(document: object) -> Protocol:
    """Raises BadProtocol, naming the field and the rule, and nothing else."""
    fields = Fields.of(document, "", needs=NEEDS, may=("waivers", "risk_programme"))
    protocol = Protocol(
        name=fields.name("protocol"),
        version=int(fields.bare("version", least=1, most=10_000)),
        indication=fields.code("indication"),
        drug=fields.code("drug"),
        route=cast(Route, fields.choice("route", get_args(Route))),
        infusions=fields.whole("infusions", least=1, most=60),
        spacing=_spacing(
            fields.part("spacing", needs=("least_hours", "most_hours", "within_days"))
        ),
        dose=_dose(fields),
        giving=_giving(fields.part("giving", needs=("minutes",), may=STRENGTH)),
        phases=tuple(
            _phase(part)
            for part in fields.parts("phases", needs=("name", "after_minutes", "minutes", "needs"))
        ),
        monitoring=_monitoring(fields.part("monitoring", needs=WATCHING, may=("at_minutes",))),
        gates=fields.name("gates"),
        discharge=fields.name("discharge"),
        waivers=tuple(
            _waiver(part)
            for part in fields.parts("waivers", needs=("gate", "roles"), may=("people",))
        ),
        surveys=fields.name("surveys"),
        integration=fields.name("integration"),
        risk_programme=fields.name("risk_programme") if fields.has("risk_programme") else None,
        document=fields.values,
    )
    check_consistency(protocol)
    return protocol


def _spacing(fields: Fields) -> Spacing:
    return Spacing(
        least=timedelta(hours=fields.number("least_hours", least=1, most=HOURS)),
        most=timedelta(hours=fields.number("most_hours", least=1, most=HOURS)),
        within=timedelta(days=fields.number("within_days", least=1, most=DAYS)),
    )


def _dose(of: Fields) -> DoseBounds | FixedDoses:
    told = of.values["dose"]
    if isinstance(told, Mapping) and "doses_mg" in told:
        return _fixed(of.part("dose", needs=FIXED))
    fields = of.part("dose", needs=BY_WEIGHT)
    least, start, soft, hard = (
        fields.number(name, least=LEAST, most=MG_PER_KG) for name in BY_WEIGHT[:4]
    )
    return DoseBounds(
        least=least,
        start=start,
        soft_most=soft,
        hard_most=hard,
        absolute_mg=fields.number("absolute_mg", least=LEAST, most=MG),
        step=fields.number("step_mg_per_kg", least=LEAST, most=MG_PER_KG),
    )


def _fixed(fields: Fields) -> FixedDoses:
    return FixedDoses(
        doses_mg=tuple(float(dose) for dose in fields.numbers("doses_mg", least=LEAST, most=MG)),
        device_mg=float(fields.number("device_mg", least=LEAST, most=MG)),
        between_devices=_minutes(fields, "between_devices_minutes"),
    )


def _giving(fields: Fields) -> Giving:
    return Giving(
        lasts=_minutes(fields, "minutes"),
        concentration_mg_per_ml=_optional(fields, "concentration_mg_per_ml"),
        fastest=_optional(fields, "fastest_mg_per_kg_per_minute"),
        dilute_above_mg_per_ml=_optional(fields, "dilute_above_mg_per_ml"),
    )


def _phase(fields: Fields) -> Phase:
    parts = fields.parts(
        "needs", needs=(), may=(*get_args(NeedKind), "competence", "shared", "at_most")
    )
    return Phase(
        name=fields.code("name"),
        after=_minutes(fields, "after_minutes", least=0),
        lasts=_minutes(fields, "minutes"),
        needs=tuple(_need(part) for part in parts),
    )


def _need(fields: Fields) -> Need:
    """`{place: chair}`, `{person: nurse, competence: infusion, shared: true}`, …"""
    kinds = [kind for kind in get_args(NeedKind) if fields.has(kind)]
    if len(kinds) != 1:
        raise BadProtocol(fields.where, "is not exactly one of place, person and equipment")
    [kind] = kinds
    is_shared = fields.flag("shared")
    if kind != "person" and (is_shared or fields.has("competence")):
        raise BadProtocol(fields.where, "shares, or asks a competence of, what is no person")
    if fields.has("at_most") and not is_shared:
        raise BadProtocol(fields.path("at_most"), "bounds what is not shared")
    return Need(
        kind=kind,
        what=fields.choice(kind, PLACES) if kind == "place" else fields.code(kind),
        competence=fields.code("competence") if fields.has("competence") else None,
        is_shared=is_shared,
        at_most=fields.whole("at_most", least=1, most=50) if fields.has("at_most") else None,
    )


def _monitoring(fields: Fields) -> Monitoring:
    within = [
        timedelta(minutes=minutes)
        for minutes in fields.numbers("confirm_within_minutes", least=0, most=MINUTES)
    ]
    if len(within) != 2:
        raise BadProtocol(fields.path("confirm_within_minutes"), "is not two numbers")
    return Monitoring(
        during_every=_minutes(fields, "during_every_minutes"),
        after_every=_minutes(fields, "after_every_minutes"),
        at=tuple(
            timedelta(minutes=minutes)
            for minutes in fields.numbers("at_minutes", least=1, most=MINUTES)
        ),
        observe_at_least=_minutes(fields, "observe_at_least_minutes"),
        late_after=_minutes(fields, "late_after_minutes"),
        escalate_after=_minutes(fields, "escalate_after_minutes"),
        confirm_within=(within[0], within[1]),
        limits=tuple(
            _limit(part)
            for part in fields.parts(
                "limits",
                needs=("id", "parameter", "level", "message", "source"),
                may=(*BOUNDS, "one_of", "with_any", "at_once"),
            )
        ),
    )


def _limit(fields: Fields) -> Limit:
    bounds = {name: fields.bare(name, least=-500, most=500) for name in BOUNDS if fields.has(name)}
    try:
        return Limit(
            id=fields.name("id"),
            parameter=fields.code("parameter"),
            level=cast(Level, fields.choice("level", LEVELS)),
            one_of=fields.codes("one_of"),
            with_any=fields.codes("with_any"),
            at_once=fields.flag("at_once"),
            message=fields.text("message"),
            source=fields.source(),
            **bounds,
        )
    except BadProtocol:
        raise
    except ValueError:  # what a limit itself does not allow; its sentence repeats its name
        rule = "has no parameter of a reading, or not exactly one bound that suits it"
        raise BadProtocol(fields.where, rule) from None


def _waiver(fields: Fields) -> Waiver:
    roles = fields.codes("roles")
    if not roles or not set(roles) <= set(MAY_WAIVE):
        raise BadProtocol(fields.path("roles"), f"are not among {', '.join(MAY_WAIVE)}")
    return Waiver(
        gate=fields.text("gate"),
        roles=roles,
        people=fields.whole("people", least=1, most=3) if fields.has("people") else 1,
    )


def _minutes(fields: Fields, name: str, *, least: float = 1) -> timedelta:
    return timedelta(minutes=fields.number(name, least=least, most=MINUTES))


def _optional(fields: Fields, name: str) -> float | None:
    return fields.number(name, least=LEAST, most=MG) if fields.has(name) else None
