"""A version of the data that decides holds what it held when it was agreed."""

import pytest

from tests.contract.clinical_data import VersionChanged, agreed, digest, found, with_those

GATES = {"rule_set": "gates", "version": 4, "rules": [{"id": "G-1", "then": "block"}]}
KNOWN = {"sessions/gates@4": digest(GATES)}


def test_every_version_that_is_there_is_as_it_was_agreed() -> None:
    assert with_those(agreed(), found()) == agreed(), "Run `make golden` and review."


def test_another_content_under_a_version_that_was_agreed_is_refused() -> None:
    looser = {**GATES, "rules": [{"id": "G-1", "then": "pass"}]}
    with pytest.raises(VersionChanged, match="sessions/gates@4 is not what was agreed"):
        with_those(KNOWN, iter([("sessions/gates@4", digest(looser))]))


def test_a_new_version_is_added_and_an_old_one_that_has_left_is_remembered() -> None:
    newer = ("sessions/gates@5", digest({**GATES, "version": 5}))
    assert with_those(KNOWN, iter([newer])) == {**KNOWN, newer[0]: newer[1]}


def test_the_order_of_fields_is_no_content_and_the_order_of_rules_is() -> None:
    turned = dict(reversed(GATES.items()))
    two = [{"id": "G-1"}, {"id": "G-2"}]
    assert digest(turned) == digest(GATES)
    assert digest({"rules": two}) != digest({"rules": two[::-1]})
