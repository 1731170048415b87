"""The parts of the stack, each in the same shape: a process, its addresses, and how it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from clinic_ctl.stack import kafka, services
from clinic_ctl.stack.devtools import Devtools
from clinic_ctl.stack.kafka import Kafka, NoKafka
from clinic_ctl.stack.mock import NOTICE, MockKafka
from clinic_ctl.stack.mongod import Mongod
from clinic_ctl.stack.processes import Process
from clinic_ctl.stack.services import Door, Service, Surroundings
from clinic_ctl.stack.state import Running

ROOT: Final = Path(__file__).parents[4]
INFRASTRUCTURE: Final = ("kafka", "mongo", "devtools")
ALL: Final = (*INFRASTRUCTURE, *services.NAMES)
DEFAULT_PORTS: Final[Mapping[str, int]] = {
    "kafka": 9092,
    "mongo": 27017,
    "devtools": 8025,
    "smtp": 1025,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`start` returns once it is of use; `addresses` may be known only then."""

    name: str
    process: Process
    addresses: Callable[[], Mapping[str, str]]
    start: Callable[[], None]


def broker(folder: Path, port: int, *, warn: Callable[[str], None]) -> Part:
    """Apache Kafka; where it cannot be had, the mock, with a warning."""
    real: Kafka | MockKafka
    try:
        jars = kafka.jars(ROOT / "deploy/local/kafka/pom.xml", ROOT / ".clinic")
        real = Kafka(jars, folder / "kafka", port=port)
        kind = "Apache Kafka"
    except NoKafka:
        warn(NOTICE)
        real = MockKafka(folder / "kafka")
        kind = "mock"
    return Part(
        name="kafka",
        process=real.process,
        addresses=lambda: {"bootstrap_servers": real.bootstrap_servers, "kind": kind},
        start=real.start,
    )


def database(folder: Path, port: int) -> Part:
    mongod = Mongod(folder / "mongo", port=port)
    return Part(
        name="mongo",
        process=mongod.process,
        addresses=lambda: {"url": mongod.url},
        start=mongod.start,
    )


def devtools(folder: Path, http_port: int, smtp_port: int) -> Part:
    tools = Devtools(folder, http_port=http_port, smtp_port=smtp_port)
    return Part(
        name="devtools",
        process=tools.process,
        addresses=lambda: {"http": tools.url, "smtp": f"127.0.0.1:{tools.smtp_port}"},
        start=tools.start,
    )


def service(name: str, door: Door, around: Surroundings) -> Part:
    running = Service(name, door, around)
    return Part(
        name=name,
        process=running.process,
        addresses=lambda: {"http": door.http, "management": door.management},
        start=running.start,
    )


def port_of(part: Running | None, address: str) -> int:
    """The port a part had, so that it comes back where the others look for it; 0 for none."""
    if part is None or address not in part.addresses:
        return 0
    text = part.addresses[address]
    return urlsplit(text if "://" in text else f"//{text}").port or 0
