"""A mail server that keeps what it gets, in a file, so that a restart loses nothing."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypedDict

from aiosmtpd.smtp import Envelope, Session


class Letter(TypedDict):
    """A letter as it arrived. `seen` counts from 1 over all letters."""

    seen: int
    message_id: str
    sender: str
    to: list[str]
    subject: str
    date: str
    text: str
    headers: dict[str, str]


class Mailbox:
    """Every letter, in the order of arrival. The handler of an SMTP server."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines() if path.exists() else []
        self.letters: list[Letter] = [json.loads(line) for line in lines]

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """The server's call. Accepted only once it is on disk."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        letter = self._letter(raw, str(envelope.mail_from), list(map(str, envelope.rcpt_tos)))
        with self._path.open("a") as file:
            file.write(json.dumps(letter) + "\n")
        self.letters.append(letter)
        return "250 Message accepted for delivery"

    def to(self, address: str | None) -> list[Letter]:
        return [x for x in self.letters if address is None or address in x["to"]]

    def _letter(self, raw: bytes, sender: str, to: list[str]) -> Letter:
        message: EmailMessage = message_from_bytes(raw, policy=policy.default)
        body = message.get_body(("plain", "html"))
        return Letter(
            seen=len(self.letters) + 1,
            message_id=str(message.get("Message-ID", "")),
            sender=sender,
            to=to,
            subject=str(message.get("Subject", "")),
            date=str(message.get("Date", "")),
            text="" if body is None else body.get_content(),
            headers={name: str(value) for name, value in message.items()},
        )
