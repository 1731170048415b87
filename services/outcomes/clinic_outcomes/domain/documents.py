"""Reading definitions (instruments, plans) out of data files, naming exactly what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self, TypeVar

T = TypeVar("T")


class BadDefinition(ValueError):
    """A data file cannot be used: the service does not start with it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}.")


@dataclass(frozen=True, slots=True)
class Fields:
    """One mapping of a data file, and the way to it for the error."""

    document: Mapping[str, object]
    where: str

    def one(self, name: str, kind: type[T]) -> T:
        """The field, which must be there and of that kind. BadDefinition when not."""
        value = self.document.get(name)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise BadDefinition(self.where, f"{name} must be a {kind.__name__}")
        return value

    def maybe(self, name: str, kind: type[T], otherwise: T) -> T:
        return self.one(name, kind) if name in self.document else otherwise

    def inside(self, name: str) -> Self:
        return self._within(self.one(name, dict), f"{self.where}/{name}")

    def each(self, name: str) -> list[Self]:
        rows = self.one(name, list)
        return [self._row(row, f"{self.where}/{name}/{n}") for n, row in enumerate(rows, 1)]

    def hours(self, name: str) -> timedelta:
        return timedelta(hours=self.one(name, int))

    def _row(self, row: object, where: str) -> Self:
        if not isinstance(row, dict):
            raise BadDefinition(where, "must be a mapping")
        return self._within(row, where)

    def _within(self, document: Mapping[str, object], where: str) -> Self:
        return type(self)(document, where)
