"""How a person is named and reached, and by what two records are thought to be one person."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

NOT_A_DIGIT: Final = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`language` is ISO 639-1, `zone` of the IANA list."""

    name: str
    email: str
    phone: str
    language: str
    zone: str
    greeting_name: str | None = None

    @property
    def greeting(self) -> str:
        return self.greeting_name or self.name


def marks_of(contact: Contact, birth_date: date | None) -> frozenset[str]:
    """What is the same when the person is the same: e-mail, phone, or birth date with a name.

    A birth date alone would match strangers (one in some ten thousand): a word of the name must be
    the same, too.
    """
    marks = {f"email/{contact.email.casefold()}"}
    if digits := NOT_A_DIGIT.sub("", contact.phone):
        marks.add(f"phone/{digits}")
    if birth_date is not None:
        words = contact.name.casefold().split()
        marks |= {f"born/{birth_date.isoformat()}/{word}" for word in words}
    return frozenset(marks)
