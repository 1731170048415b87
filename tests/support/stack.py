"""The real database and the real broker, in a folder of the test session's own."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic_ctl.stack import kafka
from clinic_ctl.stack.kafka import Kafka
from clinic_ctl.stack.mongod import Mongod
from clinic_ctl.stack.parts import ALL
from clinic_ctl.stack.stack import Stack
from tests.support.memory import in_memory

ROOT = Path(__file__).parents[2]


@contextmanager
def a_database(folder: Path) -> Iterator[str]:
    """The address of MongoDB: the one that is given, or one of our own until the end."""
    given = os.environ.get("MONGO_URL")
    if given:
        yield given
        return
    mongod = Mongod(folder)
    with in_memory(folder / "data"):
        try:
            mongod.start()
            yield mongod.url
        finally:
            mongod.stop()


@contextmanager
def a_broker(folder: Path) -> Iterator[str]:
    """The address of Kafka: the one that is given, or one of our own until the end."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    jars = kafka.jars(ROOT / "deploy/local/kafka/pom.xml", ROOT / ".clinic")
    broker = Kafka(jars, folder)
    try:
        broker.start()
        yield broker.bootstrap_servers
    finally:
        broker.stop()


@contextmanager
def a_clinic(folder: Path, only: Iterable[str] = ALL) -> Iterator[Stack]:
    """The whole stack, or these parts of it, with a broker and a database of its own."""
    stack = Stack(folder, anywhere=True)
    with in_memory(folder / "mongo/data"):
        try:
            stack.up(only)
            yield stack
        finally:
            stack.down()
