"""Databases to borrow, one after the other: made once with their indexes, emptied after each test.

A service's collections and indexes take the server a fifth of a second to make and to drop; to
delete what a test wrote takes a few milliseconds.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import Any, Final

from pymongo import MongoClient
from ulid import ULID

from clinic_platform.mongo import DriverName, Mongo

_ready: Final[defaultdict[tuple[str, str], list[str]]] = defaultdict(list)


@contextmanager
def borrowed(url: str, shape: str) -> Iterator[str]:
    """The name of an empty database. All who borrow one of a `shape` make the same collections and
    indexes in it, which may be there already; who makes others, or drops some, makes a database."""
    ready = _ready[url, shape]
    name = ready.pop() if ready else f"test_{ULID()}"
    yield name
    _empty(_client(url)[name])
    ready.append(name)


@asynccontextmanager
async def connected(url: str, shape: str, driver: DriverName = "motor") -> AsyncIterator[Mongo]:
    """A borrowed database, by this driver."""
    with borrowed(url, shape) as name:
        database = await Mongo.connect(url, database=name, driver=driver)
        yield database
        await database.close()


def drop_borrowed(url: str) -> None:
    """None is left on a server that goes on."""
    for kept_at, shape in list(_ready):
        if kept_at == url:
            for name in _ready.pop((kept_at, shape)):
                _client(url).drop_database(name)
    _client(url).close()
    _client.cache_clear()


@cache
def _client(url: str) -> MongoClient[Any]:
    return MongoClient(url, w="majority", journal=True)


def _empty(database: Any) -> None:
    for name in _filled(database, database.list_collection_names()):
        database[name].delete_many({})


def _filled(database: Any, names: list[str]) -> list[str]:
    """Those of the collections in which there is anything: one question for all of them."""
    first_of_each = [{"$unionWith": {"coll": name, "pipeline": _marked(name)}} for name in names]
    nothing = [{"$match": {"$expr": False}}]
    found = database["none"].aggregate([*nothing, *first_of_each])
    return [row["name"] for row in found]


def _marked(name: str) -> list[dict[str, Any]]:
    return [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}]
