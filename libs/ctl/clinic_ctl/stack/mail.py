"""Mail that goes nowhere: taken on loopback, kept in a file, shown on a page."""

import json
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.policy import default
from html import escape
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from clinic_platform.clock import Clock, utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    id: str
    received_at: str
    sender: str
    to: list[str]
    subject: str
    text: str


class Mailbox:
    """Every letter that came, oldest first; one line of JSON each, so a restart keeps them."""

    def __init__(self, path: Path, *, clock: Clock = utc_now) -> None:
        self._path = path
        self._clock = clock
        lines = path.read_text().splitlines() if path.exists() else []
        self._letters = [Letter(**json.loads(line)) for line in lines]

    def letters(self, *, to: str | None = None) -> list[Letter]:
        return [letter for letter in self._letters if to is None or to in letter.to]

    def take(self, sender: str, to: list[str], content: bytes) -> None:
        """A letter sent twice under one Message-ID is kept twice: whoever looks should see it."""
        message = message_from_bytes(content, policy=default)
        body = message.get_body(("plain", "html"))
        letter = Letter(
            id=str(message.get("Message-ID", "")),
            received_at=self._clock().isoformat(),
            sender=sender,
            to=to,
            subject=str(message.get("Subject", "")),
            text=body.get_content() if body is not None else "",
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a") as out:
            out.write(json.dumps(asdict(letter)) + "\n")
        self._letters.append(letter)

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        """The SMTP server's call."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.take(envelope.mail_from or "", list(envelope.rcpt_tos), content)
        return "250 Kept"


def routes(mailbox: Mailbox) -> list[Route]:
    """`/` for people, `/messages?to=` for programs."""

    async def listed(request: Request) -> Response:
        letters = mailbox.letters(to=request.query_params.get("to"))
        return JSONResponse({"items": [asdict(letter) for letter in letters]})

    async def page(_: Request) -> Response:
        rows = "".join(_row(letter) for letter in reversed(mailbox.letters()))
        return HTMLResponse(_PAGE.format(rows=rows or "<p>No letter yet.</p>"), headers=_HEADERS)

    return [Route("/messages", listed), Route("/", page)]


def _row(letter: Letter) -> str:
    head = f"{letter.received_at[:19]} to {', '.join(letter.to)}"
    return (
        f"<details><summary>{escape(letter.subject)} <small>{escape(head)}</small></summary>"
        f"<pre>{escape(letter.text)}</pre></details>"
    )


_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail</title>
<style>body{{font:1rem/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}}
pre{{white-space:pre-wrap}}small{{color:#555}}</style>
<h1>Mail</h1><p>What the local stack has sent. It went no further.</p>{rows}</html>
"""
