"""The version of what was read, and the version a change expects: no update is lost in silence."""

import re
from typing import Annotated, Final

from fastapi import Header, Response

from clinic_platform.problems import IfMatchRequired

QUOTED_NUMBER: Final = re.compile(r'"([0-9]{1,15})"', re.ASCII)


def ETag(response: Response, version: int) -> None:
    """Show the reader which version this is."""
    response.headers["ETag"] = f'"{version}"'


async def if_match(if_match: Annotated[str | None, Header()] = None) -> int:
    """The version the caller has read. Raises IfMatchRequired when there is none, or another form.

    A handler that finds another version raises StaleVersion.
    """
    match = QUOTED_NUMBER.fullmatch(if_match or "")
    if match is None:
        raise IfMatchRequired
    return int(match[1])
