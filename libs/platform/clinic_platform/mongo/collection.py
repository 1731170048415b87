"""A collection over either driver: every call joins the open transaction, if there is one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from inspect import iscoroutine
from typing import Any, Final

import pymongo
from bson import Timestamp
from pymongo import DeleteMany, ReplaceOne, ReturnDocument, UpdateMany
from pymongo.errors import OperationFailure
from pymongo.read_concern import ReadConcern

from clinic_events.errors import CannotStart
from clinic_events.ports import Document, NothingMatched, Refusal, Sort
from clinic_platform.mongo import ambient
from clinic_platform.mongo.alike import Change
from clinic_platform.mongo.answers import answer_to
from clinic_platform.mongo.later import Later, Write
from clinic_platform.mongo.reads import Read

# The server's codes for an index that exists with other options.
OTHERWISE: Final = frozenset({85, 86})
# An empty timestamp is filled in by the server.
UNSTAMPED: Final = Timestamp(0, 0)
# An index of a collection that is large already takes minutes, and is made at the start alone.
INDEX_WITHIN: Final = timedelta(hours=1)


class DriverCollection:
    """The port `Collection` over either driver."""

    def __init__(self, collection: Any, name: str) -> None:
        self._collection = collection
        self._name = name

    async def find_one(self, where: Document, *, sort: Sort = ()) -> Document | None:
        one = Read(collection=self._collection, name=self._name, where=where, sort=sort, limit=1)
        found = await ambient.found(one)
        return found[0] if found else None

    async def find(
        self,
        where: Document,
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Sequence[str] = (),
        snapshot: bool = False,
    ) -> list[Document]:
        collection = self._collection
        if snapshot and ambient.opened.get() is None:
            collection = collection.with_options(read_concern=ReadConcern("snapshot"))
        return await ambient.found(
            Read(
                collection=collection,
                name=self._name,
                where=where,
                sort=sort,
                limit=limit,
                fields=fields,
            )
        )

    async def first_of_each(self, conditions: Sequence[Document], *, sort: Sort) -> list[Document]:
        if not conditions:
            return []
        ordered = [{"$sort": dict(sort)}, {"$limit": 1}]
        first, *others = ([{"$match": where}, *ordered] for where in conditions)
        joined = [{"$unionWith": {"coll": self._name, "pipeline": other}} for other in others]
        with ambient.translated(self._name):
            cursor = self._collection.aggregate([*first, *joined], session=await self._session())
            # One driver returns the cursor, the other a coroutine of it.
            cursor = await cursor if iscoroutine(cursor) else cursor
            found: list[Document] = await cursor.to_list(None)
        return found

    async def count(self, where: Document) -> int:
        with ambient.translated(self._name):
            return int(await self._collection.count_documents(where, session=await self._session()))

    async def insert_one(self, document: Document) -> None:
        with ambient.translated(self._name):
            session = await self._session()
            await answer_to(self._collection.insert_one(document, session=session), session)

    async def insert_many(self, documents: Sequence[Document], *, stamp: str | None = None) -> None:
        with ambient.translated(self._name):
            session, stamped = await self._session(), _stamped(documents, stamp)
            await answer_to(self._collection.insert_many(stamped, session=session), session)

    async def insert_later(
        self,
        documents: Sequence[Document],
        *,
        stamp: str | None = None,
        otherwise: Refusal | None = None,
    ) -> None:
        await self._later(_stamped(documents, stamp), taken=otherwise)

    async def update_later(
        self,
        where: Document,
        change: Document | list[Document],
        *,
        upsert: bool = False,
        otherwise: Exception | None = None,
        taken: Refusal | None = None,
    ) -> None:
        refusal = otherwise or NothingMatched(self._name)
        await self._later([Change(where, change, upsert)], unfound=refusal, taken=taken)

    async def replace_later(
        self,
        where: Document,
        document: Document,
        *,
        otherwise: Exception | None = None,
        taken: Refusal | None = None,
    ) -> None:
        refusal = otherwise or NothingMatched(self._name)
        await self._later([ReplaceOne(where, document)], unfound=refusal, taken=taken)

    async def update_many_later(self, where: Document, change: Document | list[Document]) -> None:
        await self._later([UpdateMany(where, change)], counts=False)

    async def delete_many_later(self, where: Document) -> None:
        await self._later([DeleteMany(where)], counts=False)

    async def update_one(
        self, where: Document, change: Document | list[Document], *, upsert: bool = False
    ) -> int:
        with ambient.translated(self._name):
            session = await self._session()
            call = self._collection.update_one(where, change, upsert=upsert, session=session)
            result = await answer_to(call, session)
        return _matched(result)

    async def update_many(self, where: Document, change: Document | list[Document]) -> int:
        with ambient.translated(self._name):
            session = await self._session()
            call = self._collection.update_many(where, change, session=session)
            result = await answer_to(call, session)
        return _matched(result)

    async def replace_one(
        self, where: Document, document: Document, *, upsert: bool = False
    ) -> int:
        with ambient.translated(self._name):
            session = await self._session()
            call = self._collection.replace_one(where, document, upsert=upsert, session=session)
            result = await answer_to(call, session)
        return _matched(result)

    async def find_one_and_update(
        self,
        where: Document,
        change: Document | list[Document],
        *,
        upsert: bool = False,
        before: bool = False,
    ) -> Document | None:
        with ambient.translated(self._name):
            session = await self._session()
            call = self._collection.find_one_and_update(
                where,
                change,
                upsert=upsert,
                return_document=ReturnDocument.BEFORE if before else ReturnDocument.AFTER,
                session=session,
            )
            found: Document | None = await answer_to(call, session)
        return found

    async def delete_one(self, where: Document) -> int:
        with ambient.translated(self._name):
            session = await self._session()
            result = await answer_to(self._collection.delete_one(where, session=session), session)
        return int(result.deleted_count)

    async def delete_many(self, where: Document) -> int:
        with ambient.translated(self._name):
            session = await self._session()
            result = await answer_to(self._collection.delete_many(where, session=session), session)
        return int(result.deleted_count)

    async def _session(self) -> Any:
        return await ambient.session_for(self._name)

    async def _later(
        self,
        writes: Sequence[Write],
        *,
        unfound: Exception | None = None,
        taken: Refusal | None = None,
        counts: bool = True,
    ) -> None:
        transaction = ambient.current()
        if transaction is not None:
            later = transaction.later_to(self._collection, self._name, counts)
            later.add(writes, unfound=unfound, taken=taken)
            return
        alone = Later(self._collection, self._name, counts)
        alone.add(writes, unfound=unfound, taken=taken)
        with ambient.translated(self._name, alone.taken):
            await alone.write(None)

    async def create_index(
        self,
        keys: Sort,
        *,
        unique: bool = False,
        partial: Document | None = None,
        expire_after: timedelta | None = None,
    ) -> None:
        options: dict[str, object] = {"unique": unique}
        if partial is not None:
            options["partialFilterExpression"] = partial
        if expire_after is not None:
            options["expireAfterSeconds"] = int(expire_after.total_seconds())
        within = pymongo.timeout(INDEX_WITHIN.total_seconds())
        with ambient.translated(self._name), _refused_at_the_start(self._name, keys), within:
            await self._collection.create_index(list(keys), **options)


@contextmanager
def _refused_at_the_start(name: str, keys: Sort) -> Iterator[None]:
    """CannotStart for an index that cannot be made, unless the database is away. One that exists
    with other options (age, uniqueness) is not replaced. The server's text may hold a row's values:
    only its code is named."""
    try:
        yield
    except OperationFailure as error:
        if ambient.is_away(error):
            raise
        fields = ", ".join(field for field, _ in keys)
        if error.code in OTHERWISE:
            why = f"has an index on {fields} with other options: drop it once."
        else:
            code = (error.details or {}).get("codeName") or error.code
            why = f"cannot have its index on {fields}: the database answers {code}."
        raise CannotStart(f"The collection {name} {why}") from None


def _stamped(documents: Sequence[Document], stamp: str | None) -> Sequence[Document]:
    if stamp is None:
        return documents
    return [{**document, stamp: UNSTAMPED} for document in documents]


def _matched(result: Any) -> int:
    return int(result.matched_count) + (result.upserted_id is not None)
