"""A protocol from its file: every number stands there as `{value: …, source: …}`.

Strict: what is not known here is refused, since a misspelt bound would be no bound at all.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, cast, get_args

from clinic_sessions.domain.protocols.consistency import check_consistency
from clinic_sessions.domain.protocols.fields import Fields
from clinic_sessions.domain.protocols.protocol import (
    TREATMENT,
    BadProtocol,
    DoseBounds,
    FixedDoses,
    Giving,
    Need,
    NeedKind,
    Phase,
    Protocol,
    Route,
    Spacing,
    Stage,
    Waiver,
)
from clinic_sessions.domain.protocols.reading_monitoring import minutes_in, read_monitoring

# Bounds of plausibility: a number outside is a slip of the hand. They are no limits of safety.
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
PLACES: Final = ("chair", "recovery")
# Ketamine is approved as an anaesthetic alone: every protocol of it is outside its approval.
OF_DRUG: Final[Mapping[str, tuple[str, ...]]] = {"ketamine": ("off_label_use",)}
# Those whom the service's policy lets waive a gate at all.
MAY_WAIVE: Final = ("nurse", "prescriber")


def read_protocol(document: object) -> Protocol:
    """Raises BadProtocol, naming the field and the rule, and nothing else."""
    fields = Fields.of(document, "", needs=NEEDS, may=("waivers", "risk_programme", "consents"))
    protocol = Protocol(
        name=fields.name("protocol"),
        version=int(fields.bare("version", least=1, most=10_000)),
        indication=fields.code("indication"),
        drug=fields.code("drug"),
        route=cast(Route, fields.choice("route", get_args(Route))),
        infusions=fields.whole("infusions", least=1, most=60),
        spacing=_spacing(
            fields.part(
                "spacing", needs=("least_hours", "most_hours", "within_days"), may=("stages",)
            )
        ),
        dose=_dose(fields),
        giving=_giving(fields.part("giving", needs=("minutes",), may=STRENGTH)),
        phases=tuple(
            _phase(part)
            for part in fields.parts("phases", needs=("name", "after_minutes", "minutes", "needs"))
        ),
        monitoring=read_monitoring(fields),
        gates=fields.rule_set("gates"),
        discharge=fields.rule_set("discharge"),
        waivers=tuple(
            _waiver(part)
            for part in fields.parts("waivers", needs=("gate", "roles"), may=("people",))
        ),
        surveys=fields.name("surveys"),
        integration=fields.name("integration"),
        risk_programme=fields.name("risk_programme") if fields.has("risk_programme") else None,
        consents=_consents(fields),
        document=fields.values,
    )
    check_consistency(protocol)
    return protocol


def _consents(fields: Fields) -> tuple[str, ...]:
    """A version that names none needs what any use of its drug does."""
    if not fields.has("consents"):
        return (TREATMENT, *OF_DRUG.get(fields.code("drug"), ()))
    consents = fields.codes("consents")
    if TREATMENT not in consents:
        raise BadProtocol(fields.path("consents"), f"lack {TREATMENT}")
    return consents


def _spacing(fields: Fields) -> Spacing:
    return Spacing(
        least=timedelta(hours=fields.number("least_hours", least=1, most=HOURS)),
        most=timedelta(hours=fields.number("most_hours", least=1, most=HOURS)),
        within=timedelta(days=fields.number("within_days", least=1, most=DAYS)),
        stages=tuple(
            _stage(part)
            for part in fields.parts("stages", needs=("from_infusion", "least_hours", "most_hours"))
        ),
    )


def _stage(fields: Fields) -> Stage:
    return Stage(
        from_infusion=fields.whole("from_infusion", least=2, most=60),
        least=timedelta(hours=fields.number("least_hours", least=1, most=HOURS)),
        most=timedelta(hours=fields.number("most_hours", least=1, most=HOURS)),
    )


def _dose(of: Fields) -> DoseBounds | FixedDoses:
    dose = of.values["dose"]
    if isinstance(dose, Mapping) and "doses_mg" in dose:
        return _fixed(of.part("dose", needs=FIXED, may=("start_mg",)))
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
    """A version that does not state with which dose it begins does so with the least."""
    doses = tuple(float(dose) for dose in fields.numbers("doses_mg", least=LEAST, most=MG))
    start = _optional(fields, "start_mg")
    return FixedDoses(
        doses_mg=doses,
        start_mg=min(doses, default=0.0) if start is None else start,
        device_mg=float(fields.number("device_mg", least=LEAST, most=MG)),
        between_devices=minutes_in(fields, "between_devices_minutes"),
    )


def _giving(fields: Fields) -> Giving:
    return Giving(
        lasts=minutes_in(fields, "minutes"),
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
        after=minutes_in(fields, "after_minutes", least=0),
        lasts=minutes_in(fields, "minutes"),
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


def _waiver(fields: Fields) -> Waiver:
    roles = fields.codes("roles")
    if not roles or not set(roles) <= set(MAY_WAIVE):
        raise BadProtocol(fields.path("roles"), f"are not among {', '.join(MAY_WAIVE)}")
    return Waiver(
        gate=fields.text("gate"),
        roles=roles,
        people=fields.whole("people", least=1, most=3) if fields.has("people") else 1,
    )


def _optional(fields: Fields, name: str) -> float | None:
    return fields.number(name, least=LEAST, most=MG) if fields.has(name) else None
