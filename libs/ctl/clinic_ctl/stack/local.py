"""The whole stack on one machine: started in its order, ended in reverse.

Whoever starts it watches over it. A folder of its own makes a stack of its own, so any number may
run side by side.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from clinic_ctl.issuer import Issuer
from clinic_ctl.stack import kafka
from clinic_ctl.stack.kafka import Kafka
from clinic_ctl.stack.mongod import Mongod
from clinic_ctl.stack.ports import LOOPBACK, answers, free
from clinic_ctl.stack.processes import Process
from clinic_ctl.stack.services import PORTS, Service, Surroundings, sealing_keys
from clinic_ctl.stack.topics import provision

SERVICES: Final = tuple(PORTS)
TOOLS_WITHIN: Final = 20


class Stack:
    """Broker, database, tools and services, with everything they keep under `folder`."""

    def __init__(
        self, folder: Path, *, pom: Path, jars: Path, services: Sequence[str] = SERVICES
    ) -> None:
        self._folder = folder
        self._pom, self._jars = pom, jars
        self.mongod = None if os.environ.get("MONGO_URL") else Mongod(folder / "mongo")
        self.kafka: Kafka | None = None
        self.smtp_port, self.tools_port = free(8026), free(8025)
        self.tools = Process("devtools", self._tools_command(), log=folder / "devtools.log")
        self.services = {name: Service(name, log=folder / f"{name}.log") for name in services}

    @property
    def tools_url(self) -> str:
        return f"http://{LOOPBACK}:{self.tools_port}"

    @property
    def issuer(self) -> Issuer:
        return Issuer(self._folder / "tools" / "issuer.json")

    @property
    def mongo_url(self) -> str:
        return os.environ["MONGO_URL"] if self.mongod is None else self.mongod.url

    @property
    def bootstrap_servers(self) -> str:
        given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
        return given or self._own_kafka.bootstrap_servers

    def up(self, *, fresh: bool = False) -> None:
        """Start everything and return when all of it answers. Raises ProcessFailed."""
        if fresh:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor() as pool:
            parts = [self._start_kafka, self._start_mongod, self._start_tools]
            for done in [pool.submit(part) for part in parts]:
                done.result()
        asyncio.run(provision(self.bootstrap_servers))
        for service in self.services.values():
            self._start(service)
        for service in self.services.values():
            service.wait()

    def down(self) -> None:
        """End everything, services first."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda service: service.process.stop(), self.services.values()))
        self.tools.stop()
        if self.mongod is not None:
            self.mongod.stop()
        if self.kafka is not None:
            self.kafka.stop()

    def check(self) -> None:
        """Raises ProcessFailed, with the end of its log, for a process that ended by itself."""
        processes = [self.tools, *(service.process for service in self.services.values())]
        processes += [part.process for part in (self.mongod, self.kafka) if part is not None]
        for process in processes:
            process.check()

    def kill(self, name: str) -> None:
        """End a service as a power cut would."""
        self.services[name].process.kill()

    def restart(self, name: str) -> None:
        """Start a service that has ended, where it was, and return when it answers."""
        self._start(self.services[name])
        self.services[name].wait()

    @property
    def _own_kafka(self) -> Kafka:
        if self.kafka is None:
            jars = kafka.jars(self._pom, self._jars)
            self.kafka = Kafka(jars, self._folder / "kafka", port=9092)
        return self.kafka

    def _start_kafka(self) -> None:
        if "KAFKA_BOOTSTRAP_SERVERS" not in os.environ:
            self._own_kafka.start()

    def _start_mongod(self) -> None:
        if self.mongod is not None:
            self.mongod.start()

    def _start_tools(self) -> None:
        self.tools.start()
        self.tools.wait_until(lambda: answers(self.tools_port), within=TOOLS_WITHIN)

    def _start(self, service: Service) -> None:
        outcomes = self.services.get("outcomes")
        service.start(
            Surroundings(
                mongo_url=self.mongo_url,
                bootstrap_servers=self.bootstrap_servers,
                smtp_port=self.smtp_port,
                tools_url=self.tools_url,
                sealing_keys=sealing_keys(self._folder / "sealing-keys.json"),
            ),
            survey_url="http://survey.invalid" if outcomes is None else outcomes.url,
        )

    def _tools_command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "clinic_ctl.devtools", "--folder", str(self._folder / "tools")),
            *("--smtp-port", str(self.smtp_port), "--http-port", str(self.tools_port)),
        ]
