"""Mail is kept over a restart and shown so that no letter can act on who reads it."""

from email.message import EmailMessage
from pathlib import Path

import httpx
from starlette.applications import Starlette

from clinic_ctl.stack.mail import Mailbox, routes

TESTA = "testa@example.org"


def a_letter(subject: str = "Your visit", text: str = "See you soon.\n") -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message["Message-ID"] = "<1@example.org>"
    message.set_content(text)
    return message.as_bytes()


async def looked_at(mailbox: Mailbox, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(Starlette(routes=routes(mailbox)))
    async with httpx.AsyncClient(transport=transport, base_url="http://mail.example.org") as client:
        return await client.get(path)


def test_letters_outlive_a_restart(tmp_path: Path) -> None:
    Mailbox(tmp_path / "mail.jsonl").take("clinic@example.org", [TESTA], a_letter())
    [letter] = Mailbox(tmp_path / "mail.jsonl").letters()
    assert (letter.to, letter.subject, letter.text) == ([TESTA], "Your visit", "See you soon.\n")


async def test_letters_are_found_by_who_they_are_to(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail.jsonl")
    mailbox.take("clinic@example.org", [TESTA], a_letter())
    mailbox.take("clinic@example.org", ["sam@example.org"], a_letter())
    answer = await looked_at(mailbox, f"/messages?to={TESTA}")
    assert [letter["to"] for letter in answer.json()["items"]] == [[TESTA]]


async def test_the_page_shows_a_letter_as_text_only(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "mail.jsonl")
    mailbox.take("a@example.org", [TESTA], a_letter("<b>Hi</b>", "<script>alert(1)</script> {x}"))
    page = (await looked_at(mailbox, "/")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {x}" in page
    assert "<script>" not in page
    assert "<b>Hi" not in page
