"""Whoever is called, or alerted, finds a runbook."""

import re
from typing import Final, get_args

import pytest

from clinic_events import StaffCalled
from clinic_events.catalog import CATALOG
from clinic_sessions.domain.calls import CallReason
from tests.contract.test_docs import links_in
from tests.contract.test_repository import FILES, text_of

FOLDER: Final = "docs/runbooks/"
LIST: Final = f"{FOLDER}README.md"
RUNBOOKS: Final = {
    name: text_of(name) for name in FILES if name.startswith(FOLDER) and name != LIST
}
# Events that say that something waits for a person.
ALERTS: Final = [
    event.name for event in CATALOG if re.search(r"\.\w+_(raised|escalated|called)\.", event.name)
]


def named_in(word: str) -> set[str]:
    return {name for name, text in RUNBOOKS.items() if f"`{word}`" in text}


def listed_for(word: str) -> set[str]:
    """The runbooks in those rows of the list that name the word."""
    rows = [row for row in text_of(LIST).splitlines() if f"`{word}`" in row]
    return {f"{FOLDER}{link}" for row in rows for link in links_in(row)}


@pytest.mark.parametrize("reason", get_args(CallReason))
def test_whoever_is_called_finds_a_runbook_for_the_reason(reason: str) -> None:
    assert listed_for(reason) & named_in(reason)


def test_the_contract_names_the_reasons_there_are() -> None:
    said = StaffCalled.model_fields["reason"].description or ""
    assert set(re.findall(r"`(\w+)`", said)) == set(get_args(CallReason))


@pytest.mark.parametrize("alert", ALERTS)
def test_whoever_is_alerted_finds_a_runbook_for_the_event(alert: str) -> None:
    assert named_in(alert)
    assert f"`{alert}`" in text_of(LIST)


def test_the_alerts_are_those_of_the_bedside_and_of_risk() -> None:
    assert set(ALERTS) == {
        "outcomes.risk_raised.v1",
        "outcomes.risk_escalated.v1",
        "sessions.alarm_raised.v1",
        "sessions.staff_called.v1",
    }


def test_every_runbook_is_found_from_the_readme() -> None:
    assert LIST in links_in(text_of("README.md"))
    assert {f"{FOLDER}{link}" for link in links_in(text_of(LIST))} == {*RUNBOOKS}
