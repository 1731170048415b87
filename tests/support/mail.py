"""A real mail server on this machine, with a chosen answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message as Mail
from typing import Any

from aiosmtpd.smtp import SMTP


class Postmaster:
    """What a real mail server on this machine took on, and how it answers the next recipient."""

    def __init__(self) -> None:
        self.taken: list[Mail] = []
        self.recipients: list[str] = []
        self.answer = "250 OK"

    async def handle_RCPT(
        self, server: object, session: object, envelope: Any, to: str, options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.answer

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        self.taken.append(message_from_bytes(envelope.content))
        self.recipients.extend(envelope.rcpt_tos)
        return "250 OK"


@asynccontextmanager
async def a_mail_server(**options: Any) -> AsyncIterator[tuple[Postmaster, int]]:
    """The postmaster and the port. `options`: of the server, as aiosmtpd has them."""
    postmaster = Postmaster()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postmaster, loop=loop, **options), "127.0.0.1", 0
    )
    try:
        yield postmaster, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
