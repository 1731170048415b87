"""One collection, over either driver: every call joins the transaction that is open."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bson import Timestamp
from pymongo import ReturnDocument
from pymongo.read_concern import ReadConcern

from clinic_events.ports import Document, Sort
from clinic_platform.mongo import ambient


class DriverCollection:
    """The port `Collection` over either driver."""

    def __init__(self, collection: Any, name: str) -> None:
        self._collection = collection
        self._name = name

    async def find_one(self, where: Document, *, sort: Sort = ()) -> Document | None:
        with ambient.translated(self._name):
            found: Document | None = await self._collection.find_one(
                where, sort=list(sort) or None, session=ambient.session()
            )
        return found

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
        if snapshot and ambient.current() is None:
            collection = collection.with_options(read_concern=ReadConcern("snapshot"))
        with ambient.translated(self._name):
            cursor = collection.find(
                where,
                dict.fromkeys(fields, 1) or None,
                sort=list(sort) or None,
                limit=limit,
                session=ambient.session(),
            )
            found: list[Document] = await cursor.to_list(None)
        return found

    async def count(self, where: Document) -> int:
        with ambient.translated(self._name):
            return int(await self._collection.count_documents(where, session=ambient.session()))

    async def insert_one(self, document: Document) -> None:
        with ambient.translated(self._name):
            await self._collection.insert_one(document, session=ambient.session())

    async def insert_many(self, documents: Sequence[Document], *, stamp: str | None = None) -> None:
        if stamp is not None:  # an empty timestamp is filled in by the server
            documents = [{**document, stamp: Timestamp(0, 0)} for document in documents]
        with ambient.translated(self._name):
            await self._collection.insert_many(documents, session=ambient.session())

    async def update_one(
        self, where: Document, change: Document | list[Document], *, upsert: bool = False
    ) -> int:
        with ambient.translated(self._name):
            result = await self._collection.update_one(
                where, change, upsert=upsert, session=ambient.session()
            )
        return _matched(result)

    async def update_many(self, where: Document, change: Document | list[Document]) -> int:
        with ambient.translated(self._name):
            result = await self._collection.update_many(where, change, session=ambient.session())
        return _matched(result)

    async def replace_one(
        self, where: Document, document: Document, *, upsert: bool = False
    ) -> int:
        with ambient.translated(self._name):
            result = await self._collection.replace_one(
                where, document, upsert=upsert, session=ambient.session()
            )
        return _matched(result)

    async def find_one_and_update(
        self, where: Document, change: Document | list[Document], *, upsert: bool = False
    ) -> Document | None:
        with ambient.translated(self._name):
            after: Document | None = await self._collection.find_one_and_update(
                where,
                change,
                upsert=upsert,
                return_document=ReturnDocument.AFTER,
                session=ambient.session(),
            )
        return after

    async def delete_one(self, where: Document) -> int:
        with ambient.translated(self._name):
            result = await self._collection.delete_one(where, session=ambient.session())
        return int(result.deleted_count)

    async def delete_many(self, where: Document) -> int:
        with ambient.translated(self._name):
            result = await self._collection.delete_many(where, session=ambient.session())
        return int(result.deleted_count)

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
        with ambient.translated(self._name):
            await self._collection.create_index(list(keys), **options)


def _matched(result: Any) -> int:
    return int(result.matched_count) + (result.upserted_id is not None)
