"""`python -m clinic_ctl.stack.devtools`: mail that goes nowhere and the issuer's keys, on loopback.

One process, to keep a laptop's memory for what matters.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import Final

import httpx
import uvicorn
from aiosmtpd.smtp import SMTP
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinic_ctl.stack.issuer import Issuer
from clinic_ctl.stack.mail import Mailbox, routes
from clinic_ctl.stack.ports import LOOPBACK, free
from clinic_ctl.stack.processes import Process

KEY_SET: Final = "/.well-known/jwks.json"
START_WITHIN: Final = 20
STOP_WITHIN: Final = 2


class Devtools:
    """The process, seen from the stack."""

    def __init__(self, folder: Path, *, http_port: int = 0, smtp_port: int = 0) -> None:
        self.smtp_port = free(smtp_port)
        self.url = f"http://{LOOPBACK}:{free(http_port)}"
        ports = ["--smtp-port", str(self.smtp_port), "--http-port", self.url.rpartition(":")[2]]
        self.process = Process(
            "devtools",
            [sys.executable, "-m", "clinic_ctl.stack.devtools", "--dir", str(folder), *ports],
            log=folder / "devtools.log",
        )

    def start(self) -> None:
        self.process.start()
        self.process.wait_until(lambda: is_serving(f"{self.url}{KEY_SET}"), within=START_WITHIN)


def is_serving(url: str) -> bool:
    """Asked every few milliseconds while it starts: loading the machine's certificates, each time
    and for no TLS, would take the processor from what is waited for."""
    try:
        return httpx.get(url, timeout=2, trust_env=False, verify=False).is_success  # noqa: S501
    except httpx.TransportError:
        return False


def application(mailbox: Mailbox, issuer: Issuer) -> Starlette:
    async def key_set(_: Request) -> Response:
        return JSONResponse(issuer.key_set())

    return Starlette(routes=[*routes(mailbox), Route(KEY_SET, key_set)])


async def _serve(folder: Path, host: str, smtp_port: int, http_port: int) -> None:
    mailbox = Mailbox(folder / "mail.jsonl")
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(
        lambda: SMTP(mailbox, hostname="localhost", loop=loop), host, smtp_port
    )
    async with smtp:
        config = uvicorn.Config(
            application(mailbox, Issuer(folder)),
            host=host,
            port=http_port,
            log_level="warning",
            timeout_graceful_shutdown=STOP_WITHIN,
        )
        await uvicorn.Server(config).serve()


def main() -> None:
    arguments = argparse.ArgumentParser(prog="devtools", description=__doc__)
    arguments.add_argument("--dir", type=Path, required=True)
    arguments.add_argument("--host", default=LOOPBACK)
    arguments.add_argument("--smtp-port", type=int, default=1025)
    arguments.add_argument("--http-port", type=int, default=8025)
    options = arguments.parse_args()
    # uvicorn raises the signal again once it has stopped: an ordered end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    asyncio.run(_serve(options.dir, options.host, options.smtp_port, options.http_port))


if __name__ == "__main__":
    main()
