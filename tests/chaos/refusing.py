"""A collection that takes nothing of most patients for a while. Their events are parked; once it is
mended, an operator asks for all of them again while the listener is killed."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from pymongo import MongoClient

from clinic_ctl.parked import Operator, parked_events
from clinic_ctl.stack.stack import Stack
from clinic_events.ports import EVERY, Document
from tests.chaos.evidence import Deed
from tests.chaos.faults import Fault, killed

# Three of four: the last sign of an id is as good as a die.
OF_MOST: Final[Document] = {"person": {"$not": {"$regex": "[89A-Za-z]$"}}}
OF_NOBODY: Final[Document] = {}
WITHIN: Final = 60.0
LOOK_EVERY: Final = 1.0
MORE_THAN_THERE_ARE: Final = 10_000
OPERATOR: Final = Operator("usr_operator", "It is mended.")


class Mending:
    """`deeds`: what the operator has asked for, each to be found in the audit."""

    def __init__(self, stack: Stack) -> None:
        self.deeds: list[Deed] = []
        self._stack = stack
        self._mongo = stack.part("mongo").addresses["url"]

    def refuses(self, service: str) -> Fault:
        """From now on."""

        def strike() -> None:
            with self._database_of(service) as database:
                _refuse(database, OF_MOST)

        return Fault(f"{service} refuses most", strike)

    def mended(self, service: str) -> Fault:
        """Raises TimeoutError where nothing was parked, or something stays so."""

        def strike() -> None:
            with self._database_of(service) as database:
                _until(lambda: _parked_in(database) > 0, "Nothing was parked.")
                _refuse(database, OF_NOBODY)
                asyncio.run(self._redrive(service))
                killed(self._stack, service).strike()
                _until(lambda: self._is_free(database, service), "Something stays parked.")

        return Fault(f"{service} is mended", strike)

    @contextmanager
    def _database_of(self, service: str) -> Iterator[Any]:
        with MongoClient[Document](self._mongo) as client:
            yield client[service]

    def _is_free(self, database: Any, service: str) -> bool:
        """What failed again, in the middle of the change, is asked for once more."""
        if _parked_in(database):
            asyncio.run(self._redrive(service))
        return not _parked_in(database)

    async def _redrive(self, service: str) -> None:
        async with parked_events(self._mongo, service) as parked:
            for key in await parked.keys(EVERY, limit=MORE_THAN_THERE_ARE):
                if await parked.redrive(key, OPERATOR):
                    self.deeds.append(Deed(service, "redrive_parked_events", key))


def _refuse(database: Any, validator: Document) -> None:
    """What was taken before may change: only what is new is refused."""
    database.command("collMod", "promises", validator=validator, validationLevel="moderate")


def _parked_in(database: Any) -> int:
    count: int = database["parked"].count_documents({})
    return count


def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(LOOK_EVERY)
