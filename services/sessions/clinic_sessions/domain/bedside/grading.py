"""The grade of an adverse event by its number: reckoned from the readings, beside the clinician's.

Software makes no grade less: where somebody has given a higher one by number, that stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from clinic_sessions.domain.bedside.adverse_event import Account
from clinic_sessions.domain.bedside.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericGrades:
    """`at_least`: by term, parameter and grade (1 to 4, CTCAE), the value from which it counts, in
    the unit of a reading. Most terms have none."""

    version: int
    at_least: Mapping[str, Mapping[str, Mapping[int, float]]]

    @property
    def name(self) -> str:
        return f"numeric-grades@{self.version}"

    def of(self, term: str, readings: Iterable[Reading]) -> int | None:
        """The highest that one of the readings reaches. None: the term has no numbers, nobody has
        measured, or all of it lies below the first grade."""
        bands = self.at_least.get(term, {})
        return max(
            (
                grade
                for reading in readings
                for parameter, values in bands.items()
                for grade, value in values.items()
                if (measured := getattr(reading, parameter)) is not None and measured >= value
            ),
            default=None,
        )


def graded(account: Account, grades: NumericGrades, readings: Iterable[Reading]) -> Account:
    """With the grade of its readings, unless a person has given one by number that is as high.
    `readings` are those from its onset until its end."""
    reckoned = grades.of(account.term, readings)
    if reckoned is None or reckoned <= (account.grade_numeric or 0):
        return account
    return replace(account, grade_numeric=reckoned, numeric_from=grades.name)


def read_grades(document: Mapping[str, Any]) -> NumericGrades:
    """Raises KeyError, AttributeError or ValueError, naming the field."""
    for name, term in document["terms"].items():
        if not term["source"]:
            raise ValueError(f"{name} has no source.")
        for parameter in term["at_least"]:
            getattr(Reading, parameter)
    at_least = {name: term["at_least"] for name, term in document["terms"].items()}
    return NumericGrades(version=int(document["version"]), at_least=at_least)
