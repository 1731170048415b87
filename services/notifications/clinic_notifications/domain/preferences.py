"""What a patient wants to be written to about, and which layer decides it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeAlias

from clinic_notifications.domain.consents import ConsentState
from clinic_notifications.domain.errors import StaleVersion, UnknownCategory, UnknownChannel

EMAIL: Final = "email"
CHANNELS: Final = (EMAIL,)


class Layer(StrEnum):
    """Who decides, the strongest first."""

    CRITICAL = "critical"
    OPT_OUT = "opt_out"
    CONSENT = "consent"
    PATIENT = "patient"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of letter. `critical`: nobody can decline it; `needs_consent`: nothing without one."""

    id: str
    wanted: bool
    needs_consent: bool
    critical: bool

    @classmethod
    def parse(cls, name: str, row: Mapping[str, object]) -> Self:
        """From a data file. Raises ValueError naming the category."""
        values = {key: row.get(key) for key in ("wanted", "needs_consent", "critical")}
        if not all(isinstance(value, bool) for value in values.values()):
            raise ValueError(f"{name} has neither yes nor no for one of: {', '.join(values)}.")
        return cls(id=name, **{key: bool(value) for key, value in values.items()})


@dataclass(frozen=True, slots=True)
class Choice:
    """What a patient has chosen for one category on one channel."""

    category: str
    channel: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a category is wanted on a channel, and which layer decides it."""

    category: str
    channel: str
    wanted: bool
    decided_by: Layer


@dataclass(frozen=True, slots=True)
class PreferencesSet:
    choices: tuple[Choice, ...]
    opted_out: bool
    at: datetime


Fact: TypeAlias = PreferencesSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """A patient's choices. Without any, the defaults of the categories hold."""

    patient_id: str
    location_id: str
    choices: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    opted_out: bool = False
    revision: int = 0

    def set(
        self,
        choices: Sequence[Choice],
        *,
        opted_out: bool,
        expected: int,
        categories: Mapping[str, Category],
        now: datetime,
    ) -> PreferencesSet:
        """Replace them all. Raises StaleVersion, UnknownCategory, UnknownChannel."""
        if expected != self.revision:
            raise StaleVersion(self.revision)
        open_ones = [name for name, category in categories.items() if not category.critical]
        for choice in choices:
            if choice.category not in open_ones:
                raise UnknownCategory(choice.category, allowed=open_ones)
            if choice.channel not in CHANNELS:
                raise UnknownChannel(choice.channel, allowed=CHANNELS)
        return PreferencesSet(tuple(choices), opted_out, now)

    def after(self, fact: Fact) -> Self:
        return replace(
            self,
            choices={(c.category, c.channel): c.wanted for c in fact.choices},
            opted_out=fact.opted_out,
            revision=self.revision + 1,
        )

    def answer(self, category: Category, channel: str, consent: ConsentState) -> Answer:
        wanted, layer = self._decide(category, channel, consent)
        return Answer(category.id, channel, wanted, layer)

    def answers(
        self, categories: Mapping[str, Category], consent: ConsentState
    ) -> Iterator[Answer]:
        for category in categories.values():
            for channel in CHANNELS:
                yield self.answer(category, channel, consent)

    def _decide(
        self, category: Category, channel: str, consent: ConsentState
    ) -> tuple[bool, Layer]:
        if category.critical:
            return True, Layer.CRITICAL
        if self.opted_out:
            return False, Layer.OPT_OUT
        missing = consent is ConsentState.ABSENT and category.needs_consent
        if missing or consent is ConsentState.WITHDRAWN:
            return False, Layer.CONSENT
        own = self.choices.get((category.id, channel))
        return (category.wanted, Layer.DEFAULT) if own is None else (own, Layer.PATIENT)
