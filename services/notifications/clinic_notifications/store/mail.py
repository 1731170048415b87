"""Letters over SMTP."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from clinic_notifications.domain.letters import Letter, address, header
from clinic_notifications.ports import Accepted, Answer, MailerFailed, Refused

FOR_GOOD: Final = 500  # RFC 5321, 4.2.1: from here on, asking again is of no use
ANSWER_WITHIN: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMailer:
    """The port `Mailer`. One connection per letter: a bad one cannot spoil the next.

    Only an answer about this recipient or this letter can be final. Whatever else goes wrong
    (no connection, a sender it does not know) is ours to mend, and tried again.
    """

    host: str
    port: int
    starttls: bool
    username: str | None = None
    password: str | None = None

    async def send(self, letter: Letter) -> Answer:
        message = message_of(letter)
        try:
            await aiosmtplib.send(
                message,
                sender=letter.sender_email,
                recipients=[letter.recipient],
                hostname=self.host,
                port=self.port,
                start_tls=self.starttls,
                username=self.username,
                password=self.password,
                timeout=ANSWER_WITHIN.total_seconds(),
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            return _final(refused.code for refused in refusal.recipients)
        except aiosmtplib.SMTPDataError as refusal:
            return _final([refusal.code])
        except (aiosmtplib.SMTPException, OSError) as failure:
            raise MailerFailed(type(failure).__name__) from None
        return Accepted()


def message_of(letter: Letter) -> EmailMessage:
    """As it goes over the wire. Every value in the head is checked again, here where it counts."""
    _, _, domain = letter.sender_email.partition("@")
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = header("Message-ID", f"<{letter.message_id}@{domain}>")
    message["Date"] = format_datetime(letter.written_at)
    message["From"] = Address(
        display_name=header("From", letter.sender_name),
        addr_spec=address("From", letter.sender_email),
    )
    message["To"] = Address(addr_spec=address("To", letter.recipient))
    message["Subject"] = header("Subject", letter.wording.subject)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.wording.text)
    return message


def _final(codes: Iterable[int]) -> Refused:
    code = min(codes)
    if code < FOR_GOOD:
        raise MailerFailed(f"smtp_{code}") from None  # the refusal repeats the address
    return Refused(code)
