"""Services on one of the two drivers of the database, and whether they really are on it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, get_args

from pymongo import MongoClient

from clinic_platform.mongo import DriverName
from tests.chaos.members import Ground

DRIVERS: Final[tuple[DriverName, ...]] = get_args(DriverName)

# How each names itself to the server, where a client of the blocking driver is `PyMongo|c`.
CALLED: Final[Mapping[DriverName, str]] = {"motor": "Motor", "pymongo": "async"}


def on(driver: DriverName, service: str) -> dict[str, str]:
    """The variable by which a process of that service is on this driver."""
    return {f"{service.upper()}_MONGO_DRIVER": driver}


def all_are_on(driver: DriverName, ground: Ground) -> Callable[[], Awaitable[bool]]:
    """Whether somebody is connected by this driver and nobody by the other, as the server has it: a
    variable with a wrong name is ignored, and a test would run on the default."""

    async def ask() -> bool:
        names = _connected(ground.mongo)
        return {one for one in DRIVERS for name in names if CALLED[one] in name} == {driver}

    return ask


def _connected(url: str) -> list[list[str]]:
    """The parts of its name by which each client's driver is known."""
    # Without sessions: what a dead process has begun stays there under its name until it expires.
    of_all = {"$currentOp": {"allUsers": True, "idleConnections": True, "idleSessions": False}}
    of_clients = {"$match": {"clientMetadata.driver.name": {"$exists": True}}}
    client: MongoClient[Mapping[str, Any]] = MongoClient(url)
    with client:
        rows = client.admin.aggregate([of_all, of_clients])
        return [row["clientMetadata"]["driver"]["name"].split("|") for row in rows]
