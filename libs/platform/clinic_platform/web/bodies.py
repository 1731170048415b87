"""Bodies, from bytes to a checked model. Whatever the bytes are, the worst is a refusal.

The framework's own parsing is not used: it turns some one-line bodies into errors of ours, and its
refusals repeat what was sent.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar

from fastapi import Depends, params
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    StrictFloat,
    StrictInt,
    ValidationError,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from starlette.requests import Request

from clinic_platform.problems import Fault, UnreadableRequest, UnsupportedMediaType
from clinic_platform.web.faults import faults_of, field_names, pointer_to

NUMBER: Final = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?\s*")
TIMES: Final = re.compile(r'"format": "(date|time|date-time|duration)"')
CONTENT_TYPE: Final = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.I)
# Control characters, and the marks that turn the direction of text around.
FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
DIRECTION_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
ALLOWED_BREAKS: Final = frozenset("\n\t")

# A time with its zone. Whoever reckons a week or a zone further on stays within the calendar.
Moment: TypeAlias = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC)),
]
# A day of the calendar, likewise.
Day: TypeAlias = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2100, 1, 1))]
# Up to here every reader of JSON has whole numbers exactly (RFC 8259, section 6). The database has
# no more than 64 bits.
LARGEST: Final = 2**53 - 1
Whole: TypeAlias = Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)]
Number: TypeAlias = Whole | Annotated[StrictFloat, Field(ge=-LARGEST, le=LARGEST)]

M = TypeVar("M", bound=BaseModel)


class Sent(BaseModel):
    """The base of every body: exactly these fields, of exactly these kinds, never changed.

    Times must be declared as `Moment`, days as `Day`, numbers with what is least and most, texts
    and lists with their length. `JsonBody` accepts times them written out only, because
    the parser would take `"0"` for 1970.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


def shown_as(*examples: dict[str, JsonValue]) -> ConfigDict:
    """The examples that the description of the API shows of a body or an answer."""
    return ConfigDict(json_schema_extra={"examples": [*examples]})


@dataclass(frozen=True, slots=True)
class Text:
    """`Annotated[str, Text(200)]`: some text in NFC without control characters.

    `lines` allows line breaks and tabs. Characters are counted after normalisation.
    """

    max_length: int
    min_length: int = 1
    lines: bool = False

    def __get_pydantic_core_schema__(
        self, source: type[str], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        # A first bound, before the work of normalising; composing seldom shortens text further.
        raw = core_schema.str_schema(strict=True, max_length=self.max_length * 4)
        bounded = core_schema.str_schema(min_length=self.min_length, max_length=self.max_length)
        return core_schema.chain_schema(
            [raw, core_schema.no_info_plain_validator_function(self._normal), bounded]
        )

    def _normal(self, text: str) -> str:
        allowed = ALLOWED_BREAKS if self.lines else frozenset()
        normal = unicodedata.normalize("NFC", text).strip()
        for character in normal:
            if character in DIRECTION_MARKS or (
                unicodedata.category(character) in FORBIDDEN_CATEGORIES and character not in allowed
            ):
                raise PydanticCustomError("text", "The text has a character that is not allowed.")
        return normal


class BodyReader(Generic[M]):
    """The dependency behind `JsonBody`; the API's description finds `model` by it."""

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> M:
        _check_media_type(request)
        return self.read(request.state.body)

    def read(self, body: bytes) -> M:
        """Raises UnreadableRequest, and nothing else."""
        try:
            text = body.decode()
            sent = self.model.model_validate_json(text)
        except UnicodeDecodeError:
            raise UnreadableRequest([Fault("", "utf8", "The body is not UTF-8.")]) from None
        except ValidationError as error:
            raise UnreadableRequest(faults_of(error, self._names)) from None
        # Only now: the parser that gives every pair has no guard against depth of its own.
        document = AS_WRITTEN.decode(text)
        if self._has_times and (faults := list(_numbers_as_times(document, sent, ()))):
            raise UnreadableRequest(faults[:20])
        return sent

    # A schema takes its time to make, and a service has dozens of bodies: not before its start.
    @cached_property
    def _names(self) -> frozenset[str]:
        return field_names(self.model)

    @cached_property
    def _has_times(self) -> bool:
        return bool(TIMES.search(json.dumps(self.model.model_json_schema())))


def JsonBody(model: type[BaseModel]) -> params.Depends:
    """`command: Annotated[BookSession, JsonBody(BookSession)]`."""
    dependency: params.Depends = Depends(BodyReader(model))
    return dependency


def _check_media_type(request: Request) -> None:
    content_type = request.headers.get("content-type", "")
    encoding = request.headers.get("content-encoding", "identity")
    if not CONTENT_TYPE.fullmatch(content_type.strip()) or encoding != "identity":
        raise UnsupportedMediaType


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two values under one name: nobody knows which was meant."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise UnreadableRequest([Fault("", "duplicate_key", "An object has one name twice.")])
    return members


# Made once: making one takes longer than a small body.
AS_WRITTEN: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=str, parse_float=str, parse_constant=str
)


def _numbers_as_times(
    document: object, sent: object, place: tuple[str | int, ...]
) -> Iterator[Fault]:
    """Where a number, written as text, was taken for a time."""
    if isinstance(sent, date):  # datetime is one, too
        if isinstance(document, str) and NUMBER.fullmatch(document):
            yield Fault(pointer_to(place), "written_out", "A time is written as 2030-01-07T12:00Z.")
        return
    for name, part, inner in _parts(document, sent):
        yield from _numbers_as_times(part, inner, (*place, name))


def _parts(document: Any, sent: Any) -> list[tuple[str | int, object, object]]:
    if isinstance(sent, BaseModel) and isinstance(document, Mapping):
        named = [(name, field.alias or name) for name, field in type(sent).model_fields.items()]
        return [(a, document[a], getattr(sent, n)) for n, a in named if a in document]
    if isinstance(sent, Mapping) and isinstance(document, Mapping):
        return [(key, document[key], sent[key]) for key in sent if key in document]
    if isinstance(sent, Sequence) and isinstance(document, Sequence) and not isinstance(sent, str):
        return [(n, part, sent[n]) for n, part in enumerate(document[: len(sent)])]
    return []
