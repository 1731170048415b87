"""Letters over real SMTP: taken, refused for good, or failed for now."""

import pytest

from clinic_notifications.domain.letters import Letter, Wording
from clinic_notifications.ports import Accepted, MailerFailed, Refused
from clinic_notifications.store import SmtpMailer
from clinic_platform.testing import NOON
from tests.support.mail import a_mail_server
from tests.support.notifications import EMAIL

LETTER = Letter(
    message_id="msg_1",
    sender_name="Testville Häuser",
    sender_email="hello@example.org",
    recipient=EMAIL,
    written_at=NOON,
    wording=Wording(
        subject="You have a message", text="Hello Testa,\n", template="t", template_version=1
    ),
)


def mailer(port: int) -> SmtpMailer:
    return SmtpMailer(host="127.0.0.1", port=port, starttls=False)


async def test_a_letter_arrives_as_it_was_written() -> None:
    async with a_mail_server() as (postmaster, port):
        assert await mailer(port).send(LETTER) == Accepted()

    [mail] = postmaster.taken
    assert postmaster.recipients == [EMAIL]
    assert mail["Message-ID"] == "<msg_1@example.org>"
    assert mail["Subject"] == "You have a message"
    assert mail["To"] == EMAIL
    assert mail.get_payload().strip() == "Hello Testa,"  # type: ignore[union-attr]  # one part


async def test_a_letter_sent_again_has_the_same_id() -> None:
    async with a_mail_server() as (postmaster, port):
        for _ in range(2):
            await mailer(port).send(LETTER)

    first, second = postmaster.taken
    assert first["Message-ID"] == second["Message-ID"]


async def test_an_address_refused_for_good_is_an_answer() -> None:
    async with a_mail_server() as (postmaster, port):
        postmaster.answer = "550 no such mailbox"

        assert await mailer(port).send(LETTER) == Refused(550)


async def test_an_address_refused_for_now_is_a_failure_that_does_not_repeat_it() -> None:
    async with a_mail_server() as (postmaster, port):
        postmaster.answer = f"450 {EMAIL} is busy"

        with pytest.raises(MailerFailed, match=r"^smtp_450$") as failure:
            await mailer(port).send(LETTER)

    assert failure.value.__suppress_context__


async def test_a_server_that_is_away_is_a_failure() -> None:
    async with a_mail_server() as (_, port):
        pass

    with pytest.raises(MailerFailed):
        await mailer(port).send(LETTER)
