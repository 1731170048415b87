"""A letter that is due goes, waits or ends, by what is true at that moment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_events import (
    MessageSent,
    MessageUndeliverable,
    MessageWithheld,
    SessionBooked,
    SessionCompleted,
    SurveyAnswered,
    SurveyDue,
)
from clinic_events.testing import example
from clinic_notifications.domain.deciding import Reason, Withhold
from clinic_notifications.domain.letters import Letter
from clinic_notifications.domain.messages import Deferred
from clinic_notifications.domain.preferences import Choice
from clinic_notifications.ports import MailerFailed, Refused
from clinic_platform.promises import Kept, Lapsed, Later, NoAct, Withdrawn
from clinic_platform.testing import NOON
from tests.support.notifications import (
    EMAIL,
    KEYS,
    LOCATION,
    PATIENT,
    Office,
    a_card,
    a_consent,
)

WHO = {"patient_id": PATIENT, "location_id": LOCATION}
JOURNAL = "ses_1/journal-1"


@pytest.fixture
async def office() -> Office:
    """Where the first journal letter is due, at one o'clock in the patient's afternoon."""
    office = Office()
    await office.knows()
    completed = example(SessionCompleted, **WHO, session_id="ses_1", completed_at=NOON)
    await office.handlers.planning.plan_integration(completed)
    return office


def withheld(office: Office) -> list[str]:
    return [event.reason for event in office.outbox.published if isinstance(event, MessageWithheld)]


async def test_a_letter_that_nothing_stands_against_goes_out(office: Office) -> None:
    assert await office.keep(JOURNAL) == Kept()

    [letter] = office.mailer.letters
    assert letter.recipient == EMAIL
    assert letter.wording.text.startswith("Hello Testa Sample,")
    [sent] = office.outbox.published
    assert isinstance(sent, MessageSent)
    assert (sent.purpose, sent.promise_about) == ("integration-plan@1/journal-1", "ses_1")


async def test_the_same_promise_is_always_the_same_letter(office: Office) -> None:
    writing = office.handlers.writing
    due = office.due(JOURNAL)

    for _ in range(2):
        step = await writing.letter_to_patient(due)
        assert isinstance(step, Letter)
        await writing.hand_over(due, step)

    first, second = office.mailer.letters
    assert first.message_id == second.message_id


async def test_a_letter_that_may_have_gone_before_is_marked_uncertain(office: Office) -> None:
    await office.keep(JOURNAL, uncertain=True)

    [message] = office.messages.rows.values()
    assert message.uncertain


async def test_quiet_hours_put_a_letter_off_to_their_end(office: Office) -> None:
    office.clock.move_to(NOON + timedelta(hours=16))

    ending = await office.keep(JOURNAL)

    assert ending == Later(NOON + timedelta(hours=19), "quiet_hours")
    [message] = office.messages.rows.values()
    assert message.timeline == (
        Deferred(office.clock(), NOON + timedelta(hours=19), "quiet_hours"),
    )
    assert office.mailer.letters == []


async def test_the_patient_s_own_zone_counts_before_the_location_s(office: Office) -> None:
    await office.people.keep(a_card(2, zone="Asia/Kathmandu"))
    office.clock.move_to(NOON + timedelta(hours=4))

    ending = await office.keep(JOURNAL)

    assert ending == Later(NOON + timedelta(hours=14, minutes=15), "quiet_hours")


async def test_a_letter_put_off_beyond_its_use_lapses(office: Office) -> None:
    office.clock.move_to(NOON + timedelta(hours=16))
    office.promises.rows[JOURNAL] = replace(
        office.promises.rows[JOURNAL], useful_until=NOON + timedelta(hours=17)
    )

    assert await office.keep(JOURNAL) == Lapsed("too_late")
    assert withheld(office) == ["too_late"]


async def test_a_safety_ping_does_not_wait_for_the_morning(office: Office) -> None:
    office.clock.move_to(NOON + timedelta(hours=10))

    assert await office.keep("ses_1/safety-ping") == Kept()
    assert "555-0199" in office.mailer.letters[0].wording.text


async def test_a_patient_who_has_opted_out_gets_nothing(office: Office) -> None:
    await office.chooses(opted_out=True)

    assert await office.keep(JOURNAL) == Withdrawn("opted_out")
    assert withheld(office) == ["opted_out"]


async def test_a_category_that_is_declined_is_left_out_alone(office: Office) -> None:
    await office.chooses(Choice("integration", "email", False))

    assert await office.keep(JOURNAL) == Withdrawn("opted_out")
    assert await office.keep("ses_1/safety-ping") == Kept()


async def test_a_withdrawn_consent_stops_every_letter(office: Office) -> None:
    await office.consents.keep(a_consent(withdrawn_at=NOON))

    assert await office.keep("ses_1/safety-ping") == Withdrawn("opted_out")


async def test_integration_letters_need_a_consent(office: Office) -> None:
    office.consents.rows.clear()

    assert await office.keep(JOURNAL) == Withdrawn("no_consent")
    assert await office.keep("ses_1/safety-ping") == Kept()


@pytest.mark.parametrize("email", [None, "not an address", "a@example.org\nBcc: b@example.org"])
async def test_a_card_without_an_address_ends_the_letter(office: Office, email: str | None) -> None:
    await office.people.keep(a_card(2, email=email))

    assert await office.keep(JOURNAL) == Withdrawn("no_contact")
    assert withheld(office) == ["no_contact"]


async def test_a_card_that_cannot_be_read_is_waited_for_and_noted_once(office: Office) -> None:
    sealed_for_another = KEYS.seal(b"{}", about="pat_other")
    await office.people.keep(replace(a_card(2), sealed=sealed_for_another))

    for _ in range(2):
        ending = await office.keep(JOURNAL)

    assert ending == Later(NOON + timedelta(minutes=10), "contact_unreadable")
    [message] = office.messages.rows.values()
    assert len(message.timeline) == 1


async def test_a_place_not_received_yet_is_waited_for(office: Office) -> None:
    office.locations.rows.clear()

    ending = await office.keep(JOURNAL)

    assert ending == Later(NOON + timedelta(minutes=10), "location_not_heard")


async def test_a_refusal_for_good_is_published(office: Office) -> None:
    office.mailer.answer = Refused(550)

    assert await office.keep(JOURNAL) == Lapsed("smtp_550")
    [event] = office.outbox.published
    assert isinstance(event, MessageUndeliverable)
    assert event.reason == "smtp_550"


async def test_a_failing_mail_server_leaves_nothing_recorded_as_sent(office: Office) -> None:
    office.mailer.answer = MailerFailed("SMTPConnectError")

    with pytest.raises(MailerFailed):
        await office.keep(JOURNAL)

    assert office.messages.rows == {}
    assert office.outbox.published == []


async def test_a_letter_that_failed_until_it_was_too_late_is_undeliverable(
    office: Office,
) -> None:
    await office.handlers.writing.note_lapse(office.due(JOURNAL, attempt=3), "too_late")

    [event] = office.outbox.published
    assert isinstance(event, MessageUndeliverable)
    assert event.reason == "kept_failing"


async def test_a_reminder_gives_the_time_where_the_patient_is(office: Office) -> None:
    starts_at = NOON + timedelta(days=2)
    booked = example(SessionBooked, **WHO, session_id="ses_2", starts_at=starts_at)
    await office.handlers.planning.plan_reminders(booked)

    await office.keep("booking/ses_2/two-days-before/v1")

    text = office.mailer.letters[0].wording.text
    assert "Wednesday 9 January at 13:00 (Europe/Berlin)" in text


async def invited(office: Office) -> None:
    sealed = KEYS.seal(b"s3cret", about=PATIENT)
    due = example(
        SurveyDue,
        **WHO,
        assignment_id="asg_1",
        due_at=NOON,
        expires_at=NOON + timedelta(days=3),
        sealed_secret=sealed,
    )
    await office.handlers.planning.invite_to_survey(due)


async def test_an_invitation_holds_the_link_with_the_secret_in_its_fragment(
    office: Office,
) -> None:
    await invited(office)

    await office.keep("asg_1/invitation")

    assert "https://surveys.example.org/s#s3cret\n" in office.mailer.letters[0].wording.text


async def test_a_survey_answered_meanwhile_is_not_written_about(office: Office) -> None:
    await invited(office)
    due = office.due("asg_1/invitation")
    answered = example(SurveyAnswered, **WHO, assignment_id="asg_1", assignment_version=2)
    await office.handlers.planning.end_survey(answered)

    step = await office.handlers.writing.letter_to_patient(due)

    assert step == NoAct(Withhold(Reason.NO_LONGER_TRUE))
    assert await office.handlers.writing.settle(due, step.outcome) == Withdrawn("no_longer_true")
