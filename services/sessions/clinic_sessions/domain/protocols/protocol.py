"""A treatment protocol: versioned data. Every number in its file has a source or is marked a clinic
default; `reading` reads them, this module only defines them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, Literal, Self, TypeAlias

from clinic_sessions.domain.protocols.limits import Limit

Route: TypeAlias = Literal["iv", "im", "intranasal"]
NeedKind: TypeAlias = Literal["place", "person", "equipment"]

TREATMENT: Final = "treatment"  # the consent that nobody is dosed without


class BadProtocol(ValueError):
    """`field` is the way to what is wrong, as `phases[1].minutes`; `rule` is what is wrong there.

    Neither repeats what the file holds.
    """

    def __init__(self, field: str, rule: str, *, file: str = "") -> None:
        where = f"{file}: {field or 'the protocol'}" if file else field or "The protocol"
        super().__init__(f"{where} {rule}.")
        self.field = field
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing or person a phase needs.

    `kind` is place (`what`: chair, recovery), person (`what`: a role) or equipment (`what`: its
    kind). `competence` narrows a person. `is_shared`: one person watches several patients, as many
    as the location's ratio for the phase allows, and never more than `at_most`.
    """

    kind: NeedKind
    what: str
    competence: str | None = None
    is_shared: bool = False
    at_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of the visit, from `after` its start."""

    name: str
    after: timedelta
    lasts: timedelta
    needs: tuple[Need, ...]

    @property
    def ends_after(self) -> timedelta:
        return self.after + self.lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """From infusion number `from_infusion` on: how far its start is from that of the one before."""

    from_infusion: int
    least: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Spacing:
    """Between the starts of two visits: at `least` and at `most`; the whole series `within`.

    `stages` give other bounds from some infusion on, by rising numbers and never nearer than
    before.
    """

    least: timedelta
    most: timedelta
    within: timedelta
    stages: tuple[Stage, ...] = ()

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """With the first, which is there always."""
        return (Stage(from_infusion=1, least=self.least, most=self.most), *self.stages)

    def step_to(self, number: int) -> Stage:
        """What holds between infusion `number` and the one before it."""
        begun = [stage for stage in self.all_stages if stage.from_infusion <= number]
        return begun[-1] if begun else self.all_stages[0]

    def changed(self, how: Callable[[Stage], Stage]) -> Self:
        """The same stages, each with other bounds."""
        first, *later = map(how, self.all_stages)
        return replace(self, least=first.least, most=first.most, stages=tuple(later))


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseBounds:
    """By weight: mg per kg of the weight measured that day. `absolute_mg` caps the whole dose;
    `step` is the largest change to the dose before that a verification alone may let through."""

    least: float
    start: float
    soft_most: float
    hard_most: float
    absolute_mg: float
    step: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDoses:
    """Not by weight: the doses there are, in mg, the one it begins with, and of how many mg one
    device gives."""

    doses_mg: tuple[float, ...]
    start_mg: float
    device_mg: float
    between_devices: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """How the drug is given. `fastest` in mg per kg and minute; None where no rate applies."""

    lasts: timedelta
    concentration_mg_per_ml: float | None
    fastest: float | None
    dilute_above_mg_per_ml: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """When readings are due, in time since dosing began (`at`, `during_every`) or ended.

    After the end `after_every`, for at least `observe_at_least`. One that is `late_after` its time
    is alarmed at the bedside, after `escalate_after` the charge nurse is called. A due is answered
    once all it `needs` was read: numbers of a reading.
    """

    during_every: timedelta
    after_every: timedelta
    at: tuple[timedelta, ...]
    observe_at_least: timedelta
    late_after: timedelta
    escalate_after: timedelta
    confirm_within: tuple[timedelta, timedelta]
    needs: tuple[str, ...]
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Who may let a gate pass although it is shut: a role, and of how many different people."""

    gate: str
    roles: tuple[str, ...]
    people: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """`gates` and `discharge` name rule sets, the newest of that name or one as `name@version`;
    `surveys` and `integration` the plans of others.
    `consents` are the kinds a patient gives before a dose, every one of them.

    `document` is the file as it was read, with the source of every number.
    """

    name: str
    version: int
    indication: str
    drug: str
    route: Route
    infusions: int
    spacing: Spacing
    dose: DoseBounds | FixedDoses
    giving: Giving
    phases: tuple[Phase, ...]
    monitoring: Monitoring
    gates: str
    discharge: str
    waivers: tuple[Waiver, ...]
    surveys: str
    integration: str
    risk_programme: str | None = None
    consents: tuple[str, ...] = (TREATMENT,)
    document: Mapping[str, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def visit_lasts(self) -> timedelta:
        return max(phase.ends_after for phase in self.phases)

    @property
    def step(self) -> float | None:
        """The largest change of dose without a reason, in mg/kg; None where doses are fixed."""
        return self.dose.step if isinstance(self.dose, DoseBounds) else None
