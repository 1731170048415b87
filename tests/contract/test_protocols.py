"""What protocols name in other services is there, and what those clear is on the shelf."""

from clinic_platform.data import load
from clinic_sessions.app import protocols


def test_what_intake_may_clear_is_exactly_what_is_on_the_shelf() -> None:
    cleared = load("clinic_intake", "clearance.yaml")["protocols"]
    shelf = list(protocols().values())
    assert {protocol.name for protocol in shelf} == set(cleared)
    lost = [one.name for one in shelf if one.indication not in cleared[one.name]]
    assert lost == []


def test_the_surveys_and_the_integration_that_protocols_name_are_there() -> None:
    surveys = load("clinic_outcomes", "survey-plan.yaml")["survey_plan"]
    integration = load("clinic_notifications", "integration-plan.yaml")["plan"]
    named = {(protocol.surveys, protocol.integration) for protocol in protocols().values()}
    assert named == {(surveys, integration)}
