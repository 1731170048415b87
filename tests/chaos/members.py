"""Processes of the real services, in one role each and armed or not; and what the topics hold."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from ulid import ULID

from clinic_ctl.stack.parts import port_of
from clinic_ctl.stack.services import ANYWHERE, Door, Surroundings
from clinic_ctl.stack.stack import Stack
from clinic_events.ports import Message
from clinic_events.topics import Topic
from clinic_platform.command import Part
from clinic_platform.mongo import Mongo
from tests.support.eventually import eventually
from tests.support.plain import plain
from tests.support.records import all_of


class Member:
    """One process of one service."""

    def __init__(
        self, name: str, role: Part, environment: Mapping[str, str], door: Door, *, module: str
    ) -> None:
        self.name = name
        self.role = role
        self.door = door
        self._module = module
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "Not started."
        return self._process

    def start(self, log: Path) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module, self.role],
                env={**os.environ, **self._environment},
                stdout=out,
                stderr=out,
            )

    def end(self, *, within: float | None = None) -> None:
        """In order, so that whoever comes next need not wait for its leases to run out. Raises
        subprocess.TimeoutExpired."""
        self.process.terminate()
        self.process.wait(within)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def killed_itself(self) -> bool:
        """Whether it met its failpoint. AssertionError when it ended in any other way."""
        code = self.process.poll()
        assert code in (None, -signal.SIGKILL), f"{self.name} ended with {code}."
        return code is not None

    async def has_stopped_itself(self) -> bool:
        return _state_of(self.process.pid) == "T"

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def is_ready(self) -> bool:
        assert self.process.poll() is None, f"{self.name} has ended."
        return await self._answers("/health/ready")

    async def is_idle(self) -> bool:
        """Nothing is left to publish, handle or do now."""
        return await self._answers("/health/ready") and bool((await self.state())["idle"])

    async def state(self) -> dict[str, object]:
        async with plain() as client:
            answer = await client.get(f"{self.door.management}/sandbox/state")
        state: dict[str, object] = answer.raise_for_status().json()
        return state

    async def _answers(self, path: str) -> bool:
        try:
            async with plain() as client:
                return (await client.get(f"{self.door.management}{path}")).is_success
        except httpx.TransportError:
            return False


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class Ground:
    """A broker, a database and the issuer's keys for members to stand on."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.kafka = stack.part("kafka").addresses["bootstrap_servers"]
        self.mongo = stack.part("mongo").addresses["url"]

    @contextmanager
    def member(
        self,
        name: str,
        role: Part = "all",
        *,
        failpoint: str = "",
        instance: bool = False,
        beside: Mapping[str, str] | None = None,
        module: str | None = None,
    ) -> Iterator[Member]:
        """Started, and killed with the block. With `instance` it comes back under its old name,
        and need not wait until the group has missed the one before it. `beside` are variables
        of its own; `module` is what runs, if that is none of the clinic's services."""
        door = ANYWHERE.free()
        environment = self._surroundings(door, keeps_names=instance).environment(name, door)
        armed = {"CLINIC_FAILPOINT": failpoint, f"{name.upper()}_ENVIRONMENT": "test"}
        variables = {**environment, **(armed if failpoint else {}), **(beside or {})}
        member = Member(name, role, variables, door, module=module or f"clinic_{name}")
        member.start(self.stack.folder / f"{name}.log")
        try:
            yield member
        finally:
            member.kill()

    @asynccontextmanager
    async def ready(
        self,
        name: str,
        role: Part = "all",
        *,
        failpoint: str = "",
        beside: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Member]:
        """Started, and ended in order with the block."""
        started = self.member(name, role, failpoint=failpoint, instance=True, beside=beside)
        with started as member:
            await eventually(member.is_ready, within=60)
            yield member
            member.end()

    @asynccontextmanager
    async def database_of(self, name: str) -> AsyncIterator[Mongo]:
        database = await Mongo.connect(self.mongo, database=name)
        yield database
        await database.close()

    async def leases_run_out(self, name: str) -> None:
        """As they do by themselves ten seconds after their owner was last seen."""
        async with self.database_of(name) as database:
            await database.collection("leases").update_many({}, [{"$set": {"until": "$$NOW"}}])

    async def claims_run_out(self, name: str) -> None:
        """As they do by themselves half a minute after an act began."""
        async with self.database_of(name) as database:
            await database.collection("promises").update_many({}, {"$set": {"claimed_until": None}})

    def _surroundings(self, outcomes: Door, *, keeps_names: bool) -> Surroundings:
        devtools = self.stack.part("devtools")
        return Surroundings(
            folder=self.stack.folder,
            kafka=self.kafka,
            mongo=self.mongo,
            devtools=devtools.addresses["http"],
            smtp_port=port_of(devtools, "smtp"),
            outcomes=outcomes.http,
            keeps_names=keeps_names,
        )

    async def publish(self, *messages: Message) -> None:
        """One after another, as they are."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        try:
            for message in messages:
                headers = list(message.headers.items())
                await producer.send_and_wait(
                    message.topic, value=message.value, key=message.key, headers=headers
                )
        finally:
            await producer.stop()

    async def published(self, topic: Topic, key: str) -> list[Message]:
        """Everything on the topic for that key, from the beginning."""
        return [m for m in await all_of(self.kafka, [topic]) if m.key == key.encode()]

    async def committed(self, group: str, message: Message) -> int:
        """The offset a group has committed where that message lies; 0 for none."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.kafka, group_id=group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            at = TopicPartition(message.topic, message.partition)
            return await consumer.committed(at) or 0
        finally:
            await consumer.stop()


def a_name(kind: str) -> str:
    """Of no meaning to any other test on the same ground."""
    return f"{kind}_{str(ULID()).lower()}"
