"""Letters over real SMTP: taken, refused for good, or failed for now."""

from dataclasses import replace
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from clinic_notifications.domain.letters import Letter, Wording
from clinic_notifications.ports import Accepted, MailerFailed, Refused
from clinic_notifications.store import SmtpMailer
from clinic_platform.testing import NOON
from tests.support.certificates import Authority
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


USER, PASSWORD = "clinic", "invented-password"


def mailer(port: int) -> SmtpMailer:
    return SmtpMailer(host="127.0.0.1", port=port, starttls=False)


def guarded_mailer(port: int) -> SmtpMailer:
    """As in production."""
    return SmtpMailer(host="127.0.0.1", port=port, starttls=True, username=USER, password=PASSWORD)


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, Any]:
    """The options of a server that takes letters over TLS alone, and from one who logs in."""
    Authority(tmp_path).issue(tmp_path / "server.pem")
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")

    def knows(_: object, __: object, ___: object, ____: str, data: LoginPassword) -> AuthResult:
        is_known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=False)

    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": knows,
    }


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


async def test_a_letter_leaves_over_tls_by_a_name_and_a_password(
    guarded: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    async with a_mail_server(**guarded) as (postmaster, port):
        assert await guarded_mailer(port).send(LETTER) == Accepted()
        stranger = replace(guarded_mailer(port), password="another-password")
        with pytest.raises(MailerFailed, match="SMTPAuthenticationError"):
            await stranger.send(LETTER)

    assert postmaster.recipients == [EMAIL]


async def test_a_server_whose_authority_is_not_trusted_gets_no_letter(
    guarded: dict[str, Any],
) -> None:
    async with a_mail_server(**guarded) as (postmaster, port):
        with pytest.raises(MailerFailed):
            await guarded_mailer(port).send(LETTER)

    assert postmaster.taken == []


async def test_a_server_without_tls_gets_no_letter_that_is_to_leave_over_it() -> None:
    async with a_mail_server() as (postmaster, port):
        with pytest.raises(MailerFailed):
            await replace(mailer(port), starttls=True).send(LETTER)

    assert postmaster.taken == []
