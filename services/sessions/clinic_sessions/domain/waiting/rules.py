"""The clinic's numbers about waiting, from `data/booking.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


class BadWaitRules(ValueError):
    """The data file lacks a number or its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitRules:
    """`answer_within` counts the time in which one can answer; `wait_at_most`: an entry for which
    nobody has given until when it holds."""

    version: int
    answer_within: timedelta
    wait_at_most: timedelta


def read_wait_rules(document: Mapping[str, Any]) -> WaitRules:
    """Raises BadWaitRules."""
    try:
        return WaitRules(
            version=document["version"],
            answer_within=timedelta(minutes=_whole(document, "answer_minutes")),
            wait_at_most=timedelta(days=_whole(document, "wait_days")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadWaitRules(f"The rules of waiting lack or mistype {error}.") from None


def _whole(document: Mapping[str, Any], name: str) -> int:
    row = document["wait_list"][name]
    if type(row["value"]) is not int or row["value"] <= 0 or not row["source"]:
        raise ValueError(name)
    return int(row["value"])
