"""Numbers and laws a location must meet before it opens, from their file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class BadOpeningRules(ValueError):
    """The file cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRules:
    """Of `data/opening.yaml`. `drugs`: which schedule of a registration covers a drug."""

    version: int
    registration_expires_within: timedelta
    drugs: Mapping[str, str]


def read_opening_rules(document: Mapping[str, Any]) -> OpeningRules:
    """Raises BadOpeningRules, naming the field."""
    try:
        return OpeningRules(
            version=document["version"],
            registration_expires_within=timedelta(
                days=_sourced(document["registration_expires_within_days"])
            ),
            drugs={drug: _sourced(schedule) for drug, schedule in document["drugs"].items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadOpeningRules(f"The opening rules lack or mistype {error}.") from None


def _sourced(part: Mapping[str, Any]) -> Any:
    if not part["source"]:
        raise ValueError("a source")
    return part["value"]
