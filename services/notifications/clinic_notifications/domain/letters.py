"""A letter, and what may stand in its head."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clinic_notifications.domain.errors import UnsafeHeader

# `=?` opens an encoded word, which some Python versions decode into real lines (CVE-2024-6923).
# The others end a line somewhere (in the protocol, in the terminal, in what shows the letter), and
# half a surrogate pair cannot be written at all.
UNSAFE: Final = re.compile(r"=\?|[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
LONGEST_ADDRESS: Final = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


def header(name: str, value: str) -> str:
    """The value as it is. Raises UnsafeHeader when it could add lines to a letter's head."""
    if UNSAFE.search(value):
        raise UnsafeHeader(name)
    return value


def address(name: str, value: str) -> str:
    """A plain mailbox address as it is. Raises UnsafeHeader for anything else."""
    if len(value) > LONGEST_ADDRESS or UNSAFE.search(value) or not ADDRESS.fullmatch(value):
        raise UnsafeHeader(name)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a template became."""

    subject: str
    text: str
    template: str
    template_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Ready to go. The same `message_id` is the same letter, however often it is handed over.

    Raises UnsafeHeader rather than exist with something in its head that may not stand there.
    """

    message_id: str
    sender_name: str
    sender_email: str
    recipient: str
    written_at: datetime
    wording: Wording

    def __post_init__(self) -> None:
        header("Message-ID", self.message_id)
        header("From", self.sender_name)
        header("Subject", self.wording.subject)
        address("From", self.sender_email)
        address("To", self.recipient)
