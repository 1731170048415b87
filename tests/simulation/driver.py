"""The asynchronous driver of PyMongo, as far as `clinic_platform.mongo` calls it, over a `Server`.

Each call takes its time, there and back, and on either way it may be lost (`weather.py`): then the
driver's own errors and labels are raised: the transaction loop under test is the real one."""

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC
from typing import Any, Final, NamedTuple, TypeVar

from bson import ObjectId, Timestamp
from bson.codec_options import CodecOptions
from pymongo import DeleteMany, InsertOne, ReplaceOne, ReturnDocument, UpdateMany
from pymongo.errors import AutoReconnect, BulkWriteError, DuplicateKeyError
from pymongo.results import DeleteResult, InsertManyResult, InsertOneResult, UpdateResult

from clinic_events.ports import Document
from tests.simulation.documents import changed, inserted, key_of, matches, ordered
from tests.simulation.server import (
    DUPLICATE,
    TRANSIENT,
    Locked,
    Server,
    Transaction,
    duplicate,
    labelled,
)
from tests.simulation.weather import Lost, Way

COMMIT_UNKNOWN: Final = "UnknownTransactionCommitResult"
LIFETIME: Final = 10.0  # seconds: what the services ask of mongod
LOCKED_PAUSE: Final = 0.01

T = TypeVar("T")


class Client:
    """One process's way to the server."""

    def __init__(self, server: Server, link: Way) -> None:
        self.server = server
        self.link = link
        self.name = "simulated"

    def get_database(self, name: str, **_: Any) -> "Client":
        return self

    def get_collection(self, name: str) -> "Collection":
        return Collection(self, name)

    def start_session(self) -> "Session":
        return Session(self)

    async def command(self, _: str) -> Document:
        return {"isWritablePrimary": True}

    async def drop_database(self, _: str) -> None:
        self.server.tables.clear()

    async def close(self) -> None:
        pass


class Session:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._open: Transaction | None = None
        self._has_begun = False

    async def end_session(self) -> None:
        self._give_up()

    async def start_transaction(self, **_: Any) -> None:
        self._give_up()
        self._has_begun = True

    @property
    def transaction(self) -> Transaction:
        """Its snapshot is taken when first something is done in it."""
        if self._open is None:
            server, link = self._client.server, self._client.link
            opened = self._open = server.begin(link.now())
            link.later(LIFETIME, lambda: server.end(opened))
        return self._open

    async def abort_transaction(self) -> None:
        self._give_up()

    async def commit_transaction(self) -> None:
        if self._open is None:
            return
        opened, server = self._open, self._client.server
        try:
            await self._client.link.there_and_back(lambda: server.commit(opened), is_grave=True)
        except Lost as lost:
            raise labelled(AutoReconnect(str(lost)), COMMIT_UNKNOWN) from None

    def _give_up(self) -> None:
        """A dead process sends nothing: the server finds out by itself."""
        if self._open is not None and self._client.link.reaches:
            self._client.server.end(self._open)
        self._open = None


class Cursor:
    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find

    async def to_list(self, _: int | None) -> list[Document]:
        found: list[Document] = await self._find()
        return found


class Collection:
    codec_options: Final[CodecOptions[Document]] = CodecOptions(tz_aware=True, tzinfo=UTC)

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._server = client.server
        self._name = name

    def with_options(self, **_: Any) -> "Collection":
        return self

    def find(
        self,
        where: Document,
        _: Any = None,
        *,
        sort: Any = None,
        limit: int = 0,
        session: Session | None = None,
    ) -> Cursor:
        def found(transaction: Transaction | None) -> list[Document]:
            rows = ordered(self._matching(where, transaction), sort or ())
            return [dict(row) for row in rows[: limit or None]]

        return Cursor(lambda: self._do(found, session))

    async def find_one(
        self, where: Document, _: Any = None, *, sort: Any = None, session: Session | None = None
    ) -> Document | None:
        found = await self.find(where, sort=sort, limit=1, session=session).to_list(None)
        return found[0] if found else None

    async def count_documents(self, where: Document, *, session: Session | None = None) -> int:
        return await self._do(lambda tx: len(self._matching(where, tx)), session)

    async def insert_one(self, document: Document, *, session: Session | None = None) -> Any:
        await self._do(lambda tx: self._insert(document, tx), session)
        return InsertOneResult(document.get("_id"), True)

    async def insert_many(
        self, documents: Sequence[Document], *, session: Session | None = None
    ) -> Any:
        await self._do(lambda tx: self._bulk([InsertOne(d) for d in documents], tx), session)
        return InsertManyResult([], True)

    async def bulk_write(self, writes: Sequence[Any], *, session: Session | None = None) -> Any:
        return await self._do(lambda tx: self._bulk(writes, tx), session)

    async def update_one(
        self, where: Document, change: Any, *, upsert: bool = False, session: Any = None
    ) -> Any:
        return await self._do(lambda tx: self._update(where, change, tx, 1, upsert), session)

    async def update_many(self, where: Document, change: Any, *, session: Any = None) -> Any:
        return await self._do(lambda tx: self._update(where, change, tx, None), session)

    async def find_one_and_update(
        self, where: Document, change: Any, *, upsert: bool, return_document: bool, session: Any
    ) -> Document | None:
        def found(tx: Transaction | None) -> Document | None:
            before = self._matching(where, tx)[:1]
            result = self._update(where, change, tx, 1, upsert)
            if return_document is ReturnDocument.BEFORE:
                return dict(before[0]) if before else None
            wanted = {"_id": before[0]["_id"]} if before else {"_id": result.upserted_id}
            after = self._matching(wanted, tx) if before or result.upserted_id else []
            return dict(after[0]) if after else None

        return await self._do(found, session)

    async def delete_one(self, where: Document, *, session: Session | None = None) -> Any:
        return await self._do(lambda tx: self._delete(self._matching(where, tx)[:1], tx), session)

    async def delete_many(self, where: Document, *, session: Session | None = None) -> Any:
        return await self._do(
            lambda tx: self._delete(self._matching(where, tx), tx), session, is_grave=True
        )

    async def create_index(self, keys: Any, *, unique: bool = False, **_: Any) -> None:
        if unique:
            self._server.unique[self._name].append(tuple(field for field, _ in keys))

    async def _do(
        self,
        work: Callable[[Transaction | None], T],
        session: Session | None,
        *,
        is_grave: bool = False,
    ) -> T:
        """There, and back. In a transaction what is lost ends it; plain writes wait for others'."""
        while True:
            try:
                return await self._client.link.there_and_back(
                    lambda: work(None if session is None else session.transaction),
                    is_grave=is_grave,
                )
            except Locked:
                await self._client.link.pause(LOCKED_PAUSE)
            except Lost as lost:
                labels = () if session is None else (TRANSIENT,)
                raise labelled(AutoReconnect(str(lost)), *labels) from None

    def _matching(self, where: Document, tx: Transaction | None) -> list[Document]:
        table = self._server.seen(self._name, tx)
        now = self._server.now
        ids = where.get("_id")
        if isinstance(ids, dict) and set(ids) == {"$in"}:
            rows = [table[key] for one in ids["$in"] if (key := key_of(one)) in table]
        elif ids is not None and not isinstance(ids, dict):
            rows = [table[ids]] if ids in table else []
        else:
            rows = list(table.values())
        return [row for row in rows if matches(row, where, now)]

    def _insert(self, document: Document, tx: Transaction | None) -> None:
        document.setdefault("_id", ObjectId())
        key = key_of(document["_id"])
        if key in self._server.seen(self._name, tx):
            raise duplicate(("_id",), document)
        stamped = {
            name: self._server.stamp() if value == Timestamp(0, 0) else value
            for name, value in document.items()
        }
        self._server.write(self._name, key, stamped, tx)

    def _bulk(self, writes: Sequence[Any], tx: Transaction | None) -> Any:
        matched = 0
        for number, write in enumerate(writes):
            try:
                if isinstance(write, InsertOne):
                    self._insert(write._doc, tx)
                elif isinstance(write, ReplaceOne):
                    matched += self._replace(write._filter, write._doc, tx)
                elif isinstance(write, DeleteMany):
                    self._delete(self._matching(dict(write._filter), tx), tx)
                else:
                    most = None if isinstance(write, UpdateMany) else 1
                    result = self._update(write._filter, write._doc, tx, most, bool(write._upsert))
                    matched += result.matched_count + bool(result.upserted_id)
            except DuplicateKeyError as error:
                details = {"index": number, "code": DUPLICATE, **(error.details or {})}
                raise BulkWriteError({"writeErrors": [details]}) from None
        return _Bulk(matched)

    def _replace(self, where: Any, document: Any, tx: Transaction | None) -> int:
        for row in self._matching(where, tx)[:1]:
            self._server.write(self._name, key_of(row["_id"]), {**document, "_id": row["_id"]}, tx)
            return 1
        return 0

    def _update(
        self,
        where: Document,
        change: Any,
        tx: Transaction | None,
        most: int | None,
        upsert: bool = False,
    ) -> UpdateResult:
        rows, now = self._matching(where, tx)[:most], self._server.now
        for row in rows:
            self._server.write(self._name, key_of(row["_id"]), changed(row, change, now), tx)
        upserted: Hashable = None
        if not rows and upsert:
            fresh = inserted(where, change, now)
            self._insert(fresh, tx)
            upserted = fresh["_id"]
        return UpdateResult({"n": len(rows) + bool(upserted), "upserted": upserted}, True)

    def _delete(self, rows: Sequence[Document], tx: Transaction | None) -> DeleteResult:
        for row in rows:
            self._server.write(self._name, key_of(row["_id"]), None, tx)
        return DeleteResult({"n": len(rows)}, True)


class _Bulk(NamedTuple):
    """Of a bulk write the platform asks for no more than this."""

    matched_count: int
    upserted_count: int = 0
