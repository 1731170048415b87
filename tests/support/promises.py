"""A database with promises, a clock that stands, and what was done."""

from datetime import timedelta

from clinic_events.leases import Leases
from clinic_platform.mongo import Mongo
from clinic_platform.promises import (
    Due,
    Ending,
    Keeper,
    Kept,
    MongoPromises,
    Promise,
    PromiseKeeper,
    PromiseRow,
    inside,
)
from clinic_platform.testing import NOON, FixedClock


def a_promise(
    name: str, *, about: str | None = None, kind: str = "note", due: int = 0, for_: int = 60
) -> Promise:
    """Due so many minutes after noon, and of use for so many more."""
    return Promise(
        key=name,
        kind=kind,
        about=about or name,
        person="pat_1",
        rule="plan@1/x",
        why="evt_1",
        due_at=NOON + timedelta(minutes=due),
        useful_until=NOON + timedelta(minutes=due + for_),
    )


class Clinic:
    """A database with promises, a clock that stands, and what was done."""

    def __init__(self, database: Mongo) -> None:
        self.database = database
        self.clock = FixedClock()
        self.promises = MongoPromises(database, self.clock)
        self.done = database.collection("done")

    async def promise(self, name: str, *, kind: str = "note", due: int = 0, for_: int = 60) -> None:
        await self.promises.make(a_promise(name, kind=kind, due=due, for_=for_))

    def keeper(self, owner: str = "worker_1", **keepers: Keeper) -> PromiseKeeper:
        leases = Leases(
            self.database.collection("leases"), name="promises", buckets=16, owner=owner
        )
        kept = {"note": inside(self.note), **keepers}
        return PromiseKeeper(self.database, self.promises, kept, leases, self.clock)

    async def note(self, due: Due) -> Ending:
        await self.done.insert_one({"what": due.promise.key})
        return Kept()

    async def noted(self) -> list[str]:
        return sorted(str(row["what"]) for row in await self.done.find({}))

    async def row(self, name: str) -> PromiseRow:
        rows = await self.promises.of_person("pat_1")
        return next(row for row in rows if row.key == name)
