"""What two documents do not have in common, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, time
from typing import Any, Final, TypeAlias

from clinic_sessions.domain.places.location import Details

# A value as JSON has it: times and days as text.
Plain: TypeAlias = Any
# By these the members of a list are known again, wherever they stand in it.
IDENTITIES: Final = ("name", "id", "on", "protocol")


@dataclass(frozen=True, slots=True)
class Changed:
    """`field`: a path of names, as /staff/nurse_ada/roles. None: it is not there."""

    field: str
    before: Plain
    after: Plain


def difference(before: Details, after: Details) -> tuple[Changed, ...]:
    return tuple(_between("", plain(before), plain(after)))


def plain(details: Details) -> Mapping[str, Plain]:
    tree: Mapping[str, Plain] = _plain(asdict(details))
    return tree


def _plain(value: Plain) -> Plain:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, time):
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, date) else value


def _between(path: str, before: Plain, after: Plain) -> Iterator[Changed]:
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        if before != after:
            yield Changed(path, before, after)
        return
    for name in {**old, **new}:
        yield from _between(f"{path}/{name}", old.get(name), new.get(name))


def _by_name(value: Plain) -> Mapping[str, Plain] | None:
    """The parts of an object, and of a list whose members have a name or id; None of others."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        return None
    keys = [next((part[key] for key in IDENTITIES if key in part), None) for part in value]
    if None in keys:
        return None
    return {str(key): part for key, part in zip(keys, value, strict=True)}
