"""An alert reaches the one on call, whatever the hour and whatever the patient chose."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_events import RiskAcknowledged, RiskEscalated, RiskRaised, StaffCalled
from clinic_events.testing import example
from clinic_platform.promises import Kept, Later, State
from clinic_platform.testing import NOON
from tests.support.notifications import LOCATION, PATIENT, Office, a_location

WHO = {"patient_id": PATIENT, "location_id": LOCATION}
ALERT = "alr_1/raised/v1"


async def test_an_alert_goes_to_the_one_on_call_at_any_hour_and_names_nobody() -> None:
    office = Office()
    await office.locations.keep(a_location())
    office.clock.move_to(NOON + timedelta(hours=14))
    raised = example(RiskRaised, **WHO, alert_id="alr_1", alert_version=1, raised_at=office.clock())
    await office.handlers.planning.alert_on_call(raised)

    assert await office.keep(ALERT) == Kept()

    [letter] = office.mailer.letters
    assert letter.recipient == "oncall@example.org"
    assert "https://staff.example.org/alerts/alr_1" in letter.wording.text
    assert PATIENT not in letter.wording.subject + letter.wording.text


async def test_an_escalation_says_which_call_it_is() -> None:
    office = Office()
    await office.locations.keep(a_location())
    escalated = example(
        RiskEscalated, **WHO, alert_id="alr_1", alert_version=2, step=2, escalated_at=NOON
    )
    await office.handlers.planning.alert_again(escalated)

    assert await office.keep("alr_1/escalated/2/v2") == Kept()
    assert "call number 2" in office.mailer.letters[0].wording.text


def raised(version: int) -> RiskRaised:
    return example(RiskRaised, **WHO, alert_id="alr_1", alert_version=version, raised_at=NOON)


def escalated(version: int) -> RiskEscalated:
    about = {"alert_id": "alr_1", "alert_version": version}
    return example(RiskEscalated, **WHO, **about, step=1, escalated_at=NOON)


async def all_sent(office: Office) -> list[str]:
    """What is pending goes out; its keys."""
    keys = [row.key for row in office.pending()]
    for key in keys:
        assert await office.keep(key) == Kept()
        row = office.promises.rows[key]
        office.promises.rows[key] = replace(row, state=State.KEPT, ended_at=NOON)
    return keys


async def test_a_risk_that_is_raised_again_reaches_the_one_on_call_again_and_so_do_its_calls() -> (
    None
):
    office = Office()
    await office.locations.keep(a_location())
    planning = office.handlers.planning
    await planning.alert_on_call(raised(1))
    assert len(await all_sent(office)) == 1
    await planning.alert_again(escalated(2))
    assert len(await all_sent(office)) == 1
    taken = example(RiskAcknowledged, **WHO, alert_id="alr_1", alert_version=3)
    await planning.stop_alerting(taken)

    for _ in range(2):
        await planning.alert_on_call(raised(4))
    assert await all_sent(office) == ["alr_1/raised/v4"]
    await planning.alert_again(escalated(5))
    assert await all_sent(office) == ["alr_1/escalated/1/v5"]
    assert len(office.mailer.letters) == 4


async def test_what_is_raised_again_while_a_call_is_pending_leaves_one_letter_to_send() -> None:
    office = Office()
    await office.locations.keep(a_location())
    planning = office.handlers.planning
    await planning.alert_on_call(raised(1))
    await all_sent(office)
    await planning.alert_again(escalated(2))
    await planning.alert_on_call(raised(3))

    assert await all_sent(office) == ["alr_1/raised/v3"]


async def test_no_choice_of_a_patient_holds_an_alert_back() -> None:
    office = Office()
    await office.knows()
    await office.chooses(opted_out=True)
    raised = example(RiskRaised, **WHO, alert_id="alr_1", alert_version=1, raised_at=NOON)
    await office.handlers.planning.alert_on_call(raised)

    assert await office.keep(ALERT) == Kept()


@pytest.mark.parametrize(("patient_id", "published"), [(PATIENT, ["MessageSent"]), (None, [])])
async def test_a_call_goes_to_the_one_on_call_at_any_hour_and_names_nobody(
    patient_id: str | None, published: list[str]
) -> None:
    office = Office()
    await office.locations.keep(a_location())
    office.clock.move_to(NOON + timedelta(hours=14))
    place = {"location_id": LOCATION, "patient_id": patient_id, "session_id": patient_id}
    called = example(
        StaffCalled, **place, call_id="cal_1", about_id="alm_1", called_at=office.clock()
    )
    for _ in range(2):
        await office.handlers.planning.call_staff(called)

    assert await office.keep("cal_1/called") == Kept()

    [letter] = office.mailer.letters
    assert letter.recipient == "oncall@example.org"
    assert "https://staff.example.org/alerts/alm_1" in letter.wording.text
    assert "Tuesday 8 January at 03:00 (Europe/Berlin)" in letter.wording.text
    assert PATIENT not in letter.wording.subject + letter.wording.text
    assert [type(event).__name__ for event in office.outbox.published] == published


async def test_a_call_waits_for_nothing_but_its_place() -> None:
    office = Office()
    called = example(StaffCalled, location_id=LOCATION, call_id="cal_1", called_at=NOON)
    await office.handlers.planning.call_staff(called)
    assert isinstance(await office.keep("cal_1/called"), Later)

    await office.locations.keep(a_location())
    assert await office.keep("cal_1/called") == Kept()
