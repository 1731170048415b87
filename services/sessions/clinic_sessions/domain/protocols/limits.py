"""At which reading somebody is called: absolute, and against the patient's own baseline."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Level: TypeAlias = Literal["caution", "pause", "stop"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

# What a reading can hold: numbers, and codes.
NUMBERS: Final = ("systolic", "diastolic", "heart_rate", "spo2", "respiratory_rate", "moaas")
CODES: Final = ("rhythm", "distress", "symptoms")
# Of these a reading holds several at a time, and none is a milder form of another.
SETS: Final = ("symptoms",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One line of the table of limits.

    `parameter` is a field of a reading. It is passed `at_least` or `at_most` (absolute, in the
    parameter's unit), by a rise or fall of `against_baseline` (same unit; negative: a fall) or
    `against_baseline_percent`; a code is passed by being `one_of`. `with_any`: only together with
    one of these symptoms. It counts when a second reading confirms it, or `at_once`.
    """

    id: str
    parameter: str
    level: Level
    at_least: float | None = None
    at_most: float | None = None
    against_baseline: float | None = None
    against_baseline_percent: float | None = None
    one_of: tuple[str, ...] = ()
    with_any: tuple[str, ...] = ()
    at_once: bool = False
    message: str
    source: str

    def __post_init__(self) -> None:
        """Raises ValueError: a line that could never be passed, or not be understood."""
        if self.parameter not in (*NUMBERS, *CODES):
            raise ValueError(f"a parameter of a reading in limit {self.id}")
        if self.level not in LEVELS:
            raise ValueError(f"a level in limit {self.id}")
        if len(self._bounds) != 1 or bool(self.one_of) != (self.parameter in CODES):
            raise ValueError(f"one bound that suits its parameter in limit {self.id}")

    @property
    def concern(self) -> str:
        """What an alarm is about: all limits of one parameter on one side are one concern.

        A limit of symptoms is one by itself: an alarm about one symptom does not cover another.
        """
        if self.parameter in SETS:
            return self.id
        if self.one_of:
            return self.parameter
        is_fall = self.at_most is not None or (self._change is not None and self._change < 0)
        return f"{self.parameter}_{'low' if is_fall else 'high'}"

    @property
    def is_relative(self) -> bool:
        return self._change is not None

    @property
    def _change(self) -> float | None:
        change = self.against_baseline
        return self.against_baseline_percent if change is None else change

    @property
    def _bounds(self) -> list[object]:
        bounds = (self.at_least, self.at_most, self._change, self.one_of or None)
        return [bound for bound in bounds if bound is not None]


def rank(level: Level) -> int:
    """The higher, the worse."""
    return LEVELS.index(level)
