"""What protocols name in other services is there, and what those clear is on the shelf."""

from clinic_notifications import app as notifications
from clinic_outcomes import app as outcomes
from clinic_platform.data import load
from clinic_sessions.app import protocols


def test_what_intake_may_clear_is_exactly_what_is_on_the_shelf() -> None:
    cleared = load("clinic_intake", "clearance.yaml")["protocols"]
    shelf = list(protocols().values())
    assert {protocol.name for protocol in shelf} == set(cleared)
    lost = [one.name for one in shelf if one.indication not in cleared[one.name]]
    assert lost == []


def test_the_surveys_and_the_integration_that_protocols_name_are_there() -> None:
    shelf, surveys = protocols().values(), outcomes.Definitions.load().plans
    integrations = notifications.Definitions.load().integrations
    assert {protocol.surveys for protocol in shelf} <= set(surveys.by_name)
    assert {protocol.integration for protocol in shelf} <= set(integrations.by_name)
