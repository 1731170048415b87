"""As much of MongoDB's language of queries and changes as the engine uses. Pure."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cmp_to_key
from typing import Any, Final, TypeAlias

from clinic_events.ports import Document

Now: TypeAlias = Callable[[], datetime]

MISSING: Final = object()


class NotSupported(NotImplementedError):
    """The engine uses an operator that the stand-in does not know: add it."""


def key_of(value: Any) -> Hashable:
    """A value as the key of a table."""
    if isinstance(value, dict):
        return tuple((name, key_of(one)) for name, one in value.items())
    return value if not isinstance(value, list) else tuple(map(key_of, value))


def matches(document: Document, where: Document, now: Now) -> bool:
    for field, condition in where.items():
        if type(condition) is not dict and field in document:  # most are: a run does little else
            if not _equals(document[field], condition):
                return False
        elif not _fits(document, field, condition, now):
            return False
    return True


def found_at(document: Document, path: str) -> Any:
    if path in document:
        return document[path]
    value: Any = document
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def ordered(documents: Iterable[Document], sort: Sequence[tuple[str, int]]) -> list[Document]:
    found = list(documents)
    for field, direction in reversed(sort):
        found.sort(key=_sortable(field), reverse=direction < 0)
    return found


def changed(document: Document, change: Document | list[Document], now: Now) -> Document:
    """A new document. `$setOnInsert` is for `inserted`."""
    if isinstance(change, list):
        for stage in change:
            document = {**document, **_computed(stage, document, now)}
        return document
    after = dict(document)
    for operator, fields in change.items():
        if operator == "$setOnInsert":
            continue
        if operator not in _CHANGED:
            raise NotSupported(operator)
        for field, operand in fields.items():
            after[field] = _CHANGED[operator](after.get(field, MISSING), operand)
    return after


_CHANGED: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "$set": lambda _, operand: operand,
    "$inc": lambda value, by: by if value is MISSING else value + by,
    "$max": lambda value, least: least if value is MISSING else max(value, least),
}


def inserted(where: Document, change: Document | list[Document], now: Now) -> Document:
    """The document an upsert adds: the equalities of its query, and the change."""
    fresh = {f: v for f, v in where.items() if f[0] != "$" and not _is_condition(v)}
    if isinstance(change, dict):
        fresh.update(change.get("$setOnInsert", {}))
    return changed(fresh, change, now)


def _fits(document: Document, field: str, condition: Any, now: Now) -> bool:
    if field == "$expr":
        return bool(_value(condition, document, now))
    if field == "$nor":
        return not any(matches(document, one, now) for one in condition)
    value = found_at(document, field)
    if not _is_condition(condition):
        return _equals(value, condition)
    for operator, operand in condition.items():  # noqa: SIM110  # half as long as with all()
        if not _holds(operator, value, operand):
            return False
    return True


def _is_condition(value: Any) -> bool:
    return type(value) is dict and next(iter(value), "")[:1] == "$"


def _equals(value: Any, wanted: Any) -> bool:
    if value is MISSING:
        return wanted is None
    return value == wanted or (isinstance(value, list) and wanted in value)


def _holds(operator: str, value: Any, operand: Any) -> bool:
    if operator in ("$in", "$nin"):
        if not isinstance(value, list) and value is not MISSING:
            return (value in operand) is (operator == "$in")
        return any(_equals(value, one) for one in operand) is (operator == "$in")
    if operator not in _COMPARED:
        raise NotSupported(operator)
    if value is MISSING or value is None:
        return False  # outside of an expression only values of one type are compared
    return _COMPARED[operator](_compare(value, operand))


def _value(expression: Any, document: Document, now: Now) -> Any:
    if expression == "$$NOW":
        return now()
    if isinstance(expression, str) and expression.startswith("$"):
        found = found_at(document, expression[1:])
        return None if found is MISSING else found
    if not _is_condition(expression):
        return expression
    [(operator, operand)] = expression.items()
    return _called(operator, operand, document, now)


def _called(operator: str, operand: Any, document: Document, now: Now) -> Any:
    if operator == "$not":
        return not _value(operand, document, now)
    if operator == "$dateAdd" and operand["unit"] == "millisecond":
        start: datetime = _value(operand["startDate"], document, now)
        return start + timedelta(milliseconds=operand["amount"])
    values = [_value(one, document, now) for one in operand]
    if operator == "$add":
        return sum(values)
    if operator in _COMPARED:
        return _COMPARED[operator](_compare(*values))
    raise NotSupported(operator)


def _computed(stage: Document, document: Document, now: Now) -> Document:
    [(operator, fields)] = stage.items()
    if operator != "$set":
        raise NotSupported(operator)
    return {name: _value(value, document, now) for name, value in fields.items()}


def _compare(one: Any, other: Any) -> int:
    """Nothing sorts below everything; other values are compared with their like alone."""
    if one is None or other is None:
        return (one is not None) - (other is not None)
    return int(one > other) - int(one < other)


def _sortable(field: str) -> Callable[[Document], Any]:
    compared = cmp_to_key(_compare)

    def key(document: Document) -> Any:
        value = found_at(document, field)
        return compared(None if value is MISSING else value)

    return key


_COMPARED: Final[dict[str, Callable[[int], bool]]] = {
    "$gt": lambda sign: sign > 0,
    "$gte": lambda sign: sign >= 0,
    "$lt": lambda sign: sign < 0,
    "$lte": lambda sign: sign <= 0,
}
