"""`python -m clinic_ctl.devtools --folder … --smtp-port … --http-port …`: until it is ended."""

import argparse
from pathlib import Path

import uvicorn
from aiosmtpd.controller import Controller

from clinic_ctl.devtools.mail import Mailbox
from clinic_ctl.devtools.pages import pages
from clinic_ctl.issuer import Issuer
from clinic_ctl.stack.ports import LOOPBACK


def main() -> None:
    parser = argparse.ArgumentParser(prog="devtools")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    told = parser.parse_args()
    mailbox = Mailbox(told.folder / "letters.jsonl")
    issuer = Issuer(told.folder / "issuer.json")
    server = Controller(mailbox, hostname=LOOPBACK, port=told.smtp_port)
    server.start()
    try:
        uvicorn.run(pages(mailbox, issuer), host=LOOPBACK, port=told.http_port, log_level="warning")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
