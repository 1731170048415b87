"""A part of a protocol's file, read strictly: each field by its kind, and none beside them."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

from clinic_sessions.domain.protocols.protocol import BadProtocol

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,59}")
RULE_SET: Final = re.compile(NAME.pattern + r"(?:@[1-9][0-9]{0,3})?")
CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
# An address, a year, or the words that mark it as ours: anything less cannot be looked up.
SOURCE: Final = re.compile(
    r"clinic default|[a-z0-9-]+\.(?:ai|ca|com|de|edu|eu|gov|int|net|org|uk)\b"
    r"|\b(?:19|20)[0-9]{2}\b"
)
# Longer than any file has: whoever sends a book instead is refused.
MOST_TEXT: Final = 1000
MOST_ITEMS: Final = 200


@dataclass(frozen=True, slots=True)
class Fields:
    """`where` is the way to this part, as `phases[1].minutes`; empty for the whole file."""

    where: str
    values: Mapping[str, object]

    @classmethod
    def of(
        cls, part: object, where: str, *, needs: Collection[str], may: Collection[str] = ()
    ) -> Self:
        """Raises BadProtocol for a field that is missing or not known. The name of one that is not
        known is not repeated: it is not ours."""
        if not isinstance(part, Mapping):
            raise BadProtocol(where, "is not a mapping")
        if not set(part) <= {*needs, *may}:
            raise BadProtocol(where, f"has an unknown field; known are {', '.join([*needs, *may])}")
        for name in needs:
            if name not in part:
                raise BadProtocol(_below(where, name), "is missing")
        return cls(where, part)

    def has(self, name: str) -> bool:
        return name in self.values

    def path(self, name: str) -> str:
        return _below(self.where, name)

    def part(self, name: str, *, needs: Collection[str], may: Collection[str] = ()) -> "Fields":
        return Fields.of(self.values[name], self.path(name), needs=needs, may=may)

    def parts(
        self, name: str, *, needs: Collection[str], may: Collection[str] = ()
    ) -> Iterator["Fields"]:
        """Of a list; of none when it is left out."""
        for number, part in enumerate(self.items(name)):
            yield Fields.of(part, f"{self.path(name)}[{number}]", needs=needs, may=may)

    def items(self, name: str) -> list[object]:
        found = self.values.get(name, [])
        if not isinstance(found, list) or len(found) > MOST_ITEMS:
            raise BadProtocol(self.path(name), f"is not a list of up to {MOST_ITEMS}")
        return found

    def text(self, name: str) -> str:
        return _text(self.values[name], self.path(name))

    def name(self, name: str) -> str:
        return _matching(NAME, self.values[name], self.path(name))

    def rule_set(self, name: str) -> str:
        rule = "is not a name in small letters, or such a name@version"
        return _matching(RULE_SET, self.values[name], self.path(name), rule)

    def code(self, name: str) -> str:
        return _matching(CODE, self.values[name], self.path(name))

    def codes(self, name: str) -> tuple[str, ...]:
        return tuple(
            _matching(CODE, item, f"{self.path(name)}[{number}]")
            for number, item in enumerate(self.items(name))
        )

    def choice(self, name: str, choices: Collection[str]) -> str:
        found = self.values[name]
        if not isinstance(found, str) or found not in choices:
            raise BadProtocol(self.path(name), f"is none of {', '.join(choices)}")
        return found

    def flag(self, name: str) -> bool:
        found = self.values.get(name, False)
        if not isinstance(found, bool):
            raise BadProtocol(self.path(name), "is neither true nor false")
        return found

    def source(self) -> str:
        """Where the numbers of this part come from, so that it can be looked up."""
        found = self.text("source")
        if SOURCE.search(found) is None:
            rule = "names no address and no year, and does not say `clinic default`"
            raise BadProtocol(self.path("source"), rule)
        return found

    def bare(self, name: str, *, least: float, most: float) -> float:
        """A number whose source stands beside it."""
        return _number(self.values[name], self.path(name), least=least, most=most)

    def number(self, name: str, *, least: float, most: float) -> float:
        """`{value: …, source: …}`."""
        return _sourced(self.values[name], self.path(name), least=least, most=most)

    def numbers(self, name: str, *, least: float, most: float) -> list[float]:
        return [
            _sourced(item, f"{self.path(name)}[{number}]", least=least, most=most)
            for number, item in enumerate(self.items(name))
        ]

    def whole(self, name: str, *, least: int, most: int) -> int:
        number = self.number(name, least=least, most=most)
        if number != int(number):
            raise BadProtocol(self.path(name), "is not a whole number")
        return int(number)


def _sourced(part: object, where: str, *, least: float, most: float) -> float:
    fields = Fields.of(part, where, needs=("value", "source"))
    fields.source()
    return fields.bare("value", least=least, most=most)


def _number(value: object, where: str, *, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadProtocol(where, "is not a number")
    if not least <= value <= most:  # what is no number at all is not between any two
        raise BadProtocol(where, f"is not from {least:g} to {most:g}")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= MOST_TEXT:
        raise BadProtocol(where, f"is not text of up to {MOST_TEXT} characters")
    return value


def _matching(
    pattern: re.Pattern[str],
    value: object,
    where: str,
    rule: str = "is not a name in small letters",
) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise BadProtocol(where, rule)
    return value


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
