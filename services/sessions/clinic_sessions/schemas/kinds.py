"""Kinds of text the API takes."""

from datetime import time
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from clinic_platform.web import Text

Name = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
Code = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
Gate = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,40}$")]
Id = Annotated[str, Field(max_length=40)]
Line = Annotated[str, Text(120)]
Email = Annotated[str, Field(pattern=r"^[^@\s=?]{1,64}@[A-Za-z0-9.-]{1,190}$")]
TimeOfDay = Annotated[
    str,
    Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    BeforeValidator(lambda sent: sent.strftime("%H:%M") if isinstance(sent, time) else sent),
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
