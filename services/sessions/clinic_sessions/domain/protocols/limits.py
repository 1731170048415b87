"""At which reading somebody is called: absolute, and against the patient's own baseline."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["caution", "pause", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One line of the table of limits.

    `parameter` is a field of a reading. It is passed `at_least` or `at_most` (absolute, in the
    parameter's unit), by a rise or fall of `against_baseline` (same unit; negative: a fall) or
    `against_baseline_percent`. It counts when a second reading confirms it, or `at_once`.
    """

    id: str
    parameter: str
    level: Level
    at_least: float | None = None
    at_most: float | None = None
    against_baseline: float | None = None
    against_baseline_percent: float | None = None
    at_once: bool = False
    message: str
    source: str
