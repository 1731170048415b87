"""Three nodes of one replica set, of the server the stack uses: for a primary that goes away."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, PyMongoError

from clinic_ctl.stack.mongod import CACHE_GIB, GIVES_UP_WITHIN, REPLICA_SET, binary
from clinic_ctl.stack.ports import LOOPBACK, answers, free
from clinic_ctl.stack.processes import Process

NODES: Final = 3
START_WITHIN: Final = 60.0
ELECTION_AFTER_MS: Final = 2_000


class Replicas:
    """`primary` is a number; a node keeps its number and its port for ever."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = [free() for _ in range(NODES)]
        self._nodes = [self._node(number) for number in range(NODES)]

    @property
    def url(self) -> str:
        return f"mongodb://{','.join(self._hosts)}/?replicaSet={REPLICA_SET}"

    def start(self) -> None:
        """Start all, initiate, and return once there is a primary."""
        for number, node in enumerate(self._nodes):
            self._data(number).mkdir(parents=True, exist_ok=True)
            node.start()
        for node, port in zip(self._nodes, self._ports, strict=True):
            node.wait_until(lambda port=port: answers(port), within=START_WITHIN)  # type: ignore[misc]  # its own port
        members = [{"_id": number, "host": host} for number, host in enumerate(self._hosts)]
        settings = {"electionTimeoutMillis": ELECTION_AFTER_MS}
        with self._client(0) as client:
            client.admin.command(
                "replSetInitiate", {"_id": REPLICA_SET, "members": members, "settings": settings}
            )
        self.primary()

    def stop(self) -> None:
        for node in self._nodes:
            node.stop()

    def primary(self) -> int:
        """Waits for one. TimeoutError when nobody is elected."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            for number in range(NODES):
                with suppress(PyMongoError), self._client(number) as client:
                    if client.admin.command("hello").get("isWritablePrimary"):
                        return number
            time.sleep(0.1)
        raise TimeoutError("No node was elected.")

    def step_down(self) -> None:
        """The primary lets another be elected; a connection is all it costs."""
        with self._client(self.primary()) as client, suppress(AutoReconnect):
            client.admin.command({"replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5})
        self.primary()

    def kill_primary(self) -> None:
        """`kill -9`; another is elected, and the dead one comes back as one of the others."""
        number = self.primary()
        self._nodes[number].kill()
        self.primary()
        self._nodes[number].start()
        self._wait_for_all()

    def stop_primary(self, seconds: float) -> None:
        """It stands still while another is elected, and wakes believing it is still the primary."""
        pid = self._nodes[self.primary()].pid
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)
        self._wait_for_all()

    def _wait_for_all(self) -> None:
        """Each is primary or secondary."""
        healthy = {"PRIMARY", "SECONDARY"}
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            with suppress(PyMongoError), self._client(self.primary()) as client:
                members = client.admin.command("replSetGetStatus")["members"]
                if {member["stateStr"] for member in members} <= healthy:
                    return
            time.sleep(0.1)
        raise TimeoutError("A node did not come back.")

    @property
    def _hosts(self) -> list[str]:
        return [f"{LOOPBACK}:{port}" for port in self._ports]

    @contextmanager
    def _client(self, number: int) -> Iterator[MongoClient[Any]]:
        client: MongoClient[Any] = MongoClient(
            self._hosts[number], directConnection=True, timeoutMS=5_000
        )
        with client:
            yield client

    def _data(self, number: int) -> Path:
        return self._folder / f"node-{number}"

    def _node(self, number: int) -> Process:
        command = [
            *(str(binary()), "--dbpath", str(self._data(number)), "--replSet", REPLICA_SET),
            *("--bind_ip", LOOPBACK, "--port", str(self._ports[number])),
            *("--wiredTigerCacheSizeGB", CACHE_GIB, "--nounixsocket", "--quiet"),
            *("--setParameter", f"transactionLifetimeLimitSeconds={GIVES_UP_WITHIN}"),
        ]
        return Process(f"mongod {number}", command, log=self._folder / f"node-{number}.log")
