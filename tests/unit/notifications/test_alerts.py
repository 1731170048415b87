"""An alert reaches the one on call, whatever the hour and whatever the patient chose."""

from datetime import timedelta

import pytest

from clinic_events import RiskEscalated, RiskRaised, StaffCalled
from clinic_events.testing import example
from clinic_platform.promises import Kept, Later
from clinic_platform.testing import NOON
from tests.support.notifications import LOCATION, PATIENT, Office, a_location

WHO = {"patient_id": PATIENT, "location_id": LOCATION}
ALERT = "alr_1/raised"


async def test_an_alert_goes_to_the_one_on_call_at_any_hour_and_names_nobody() -> None:
    office = Office()
    await office.locations.keep(a_location())
    office.clock.move_to(NOON + timedelta(hours=14))
    raised = example(RiskRaised, **WHO, alert_id="alr_1", raised_at=office.clock())
    await office.handlers.planning.alert_on_call(raised)

    assert await office.keep(ALERT) == Kept()

    [letter] = office.mailer.letters
    assert letter.recipient == "oncall@example.org"
    assert "https://staff.example.org/alerts/alr_1" in letter.wording.text
    assert PATIENT not in letter.wording.subject + letter.wording.text


async def test_an_escalation_says_which_call_it_is() -> None:
    office = Office()
    await office.locations.keep(a_location())
    escalated = example(RiskEscalated, **WHO, alert_id="alr_1", step=2, escalated_at=NOON)
    await office.handlers.planning.alert_again(escalated)

    assert await office.keep("alr_1/escalated/2") == Kept()
    assert "call number 2" in office.mailer.letters[0].wording.text


async def test_no_choice_of_a_patient_holds_an_alert_back() -> None:
    office = Office()
    await office.knows()
    await office.chooses(opted_out=True)
    raised = example(RiskRaised, **WHO, alert_id="alr_1", raised_at=NOON)
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
