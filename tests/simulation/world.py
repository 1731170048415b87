"""One run: clients, two services, twins now and then, and what befalls them; all by one seed."""

import asyncio
import gc
import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from math import inf
from typing import Final

from clinic_events.errors import Unavailable
from clinic_events.memory import MemoryBroker, Place
from clinic_events.ports import Document
from clinic_platform.mongo.drivers import PyMongoDriver
from tests.simulation.broker import BrokerLink, Committed
from tests.simulation.driver import Client
from tests.simulation.evidence import Evidence, Letter, parked_version
from tests.simulation.failing import Failing
from tests.simulation.loop import Process, SeededLoop
from tests.simulation.server import Server
from tests.simulation.services import (
    GROUP,
    LEASED,
    START,
    Ground,
    Listener,
    Parts,
    Post,
    PublishingService,
)
from tests.simulation.weather import ELSEWHERE, Link, Lost, Weather

QUIET_WITHIN: Final = 600.0  # seconds of the simulated clock, after the last fault
NOT_NEW: Final = 0.8
FAULT_EVERY: Final = 220  # steps at the most
STORM: Final = (1.0, 12.0)  # how long it lasts
LOOK_EVERY: Final = 0.5
REDRIVE_EVERY: Final = 2.0
STOPPED_AT_MOST: Final = (2.0, 15.0, 60.0)  # seconds: past nothing, a lease, a claim


class World:
    def __init__(self, seed: int, parts: Parts) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        random.seed(seed)  # the pauses between two attempts of a transaction
        self.loop = SeededLoop(self.dice)
        self._known_at, self._now = 0.0, START
        self.weather = Weather.drawn(self.dice)
        self.broker = MemoryBroker()
        self.publishing, self.listening = Server(self.now), Server(self.now)
        if self.dice.random() < NOT_NEW:
            self._prepare_leases()
        self.commits: list[Committed] = []
        self.letters: list[Letter] = []
        self.acknowledged: dict[str, list[str]] = {}
        self.faults = 0
        self._parts = parts
        self._births = 0
        self._is_over = False
        self._draw_events()
        self._draw_faults()
        self.publishers: dict[str, tuple[Process, PublishingService]] = {}
        self.listeners: dict[str, tuple[Process, Listener]] = {}

    def now(self) -> datetime:
        seconds = self.loop.time()
        if seconds != self._known_at:
            self._known_at, self._now = seconds, START + timedelta(seconds=seconds)
        return self._now

    def run(self) -> Evidence:
        return self.loop.run(self._live())

    def _prepare_leases(self) -> None:
        """As earlier processes have left them: few ever start on a new database."""
        free = {"owner": None, "until": None}
        ids = [(f"{name}/{n}", name) for name, buckets in LEASED for n in range(buckets)]
        for server in (self.publishing, self.listening):
            server.tables["leases"] = {i: {"_id": i, "bucket_of": of, **free} for i, of in ids}

    def _draw_events(self) -> None:
        dice = self.dice
        self.keys = [f"pat_{number}" for number in range(dice.randint(1, 4))]
        self.commands = {key: dice.randint(1, 5) for key in self.keys}
        self.failing = Failing(dice, self.seed, self.commands)

    def _draw_faults(self) -> None:
        """After how many steps each, and whom it meets."""
        dice, at = self.dice, 0
        self.names = ["publisher", "listener"]
        self.names += [f"{name}'s twin" for name in self.names if dice.random() < 0.35]
        self._to_come: list[tuple[int, str, str]] = []
        for _ in range(dice.choice((0, 1, 2, 4, 8))):
            at += dice.randint(1, FAULT_EVERY)
            how = dice.choice(("kill", "stop", "end", "end"))
            self._to_come.append((at, dice.choice(self.names), how))

    async def _live(self) -> Evidence:
        for name in self.names:
            self._bear(name)
        self.loop.disturb = self._befall
        self._await_the_next()
        clients = [self.loop.create_task(self._ask(key, n)) for key in self.keys for n in (0, 1)]
        operator = self.loop.create_task(self._mend_and_redrive())
        await asyncio.wait(clients)
        ends_at = self.dice.uniform(*STORM)
        while self.loop.time() < ends_at:
            await self.loop.sleep(LOOK_EVERY)
        self.weather.clear_up()
        self.loop.disturbed_at = inf
        unquiet = await self._become_quiet()
        evidence = self._evidence(unquiet)
        self._is_over = True
        operator.cancel()
        for process, _ in [*self.publishers.values(), *self.listeners.values()]:
            self.loop.kill(process)
            await asyncio.wait(process.tasks)
        return evidence

    # Faults

    def _await_the_next(self) -> None:
        self.loop.disturbed_at = self._to_come[0][0] if self._to_come else inf

    def _befall(self) -> None:
        _, name, how = self._to_come.pop(0)
        self._strike(name, how)
        self._await_the_next()

    def _strike(self, name: str, how: str) -> None:
        process = self._process(name)
        if process.is_dead or not process.is_running:
            return
        if how == "stop":
            self.loop.suspend(process)
            seconds = self.dice.uniform(0, self.dice.choice(STOPPED_AT_MOST))
            self.loop.call_later(seconds, self.loop.go_on, process, context=ELSEWHERE)
        elif how == "kill":
            self._kill(process)
        else:
            self.loop.create_task(self._end(process), context=ELSEWHERE)

    def _kill(self, process: Process) -> None:
        """And another one begins a little later."""
        self.faults += 1
        self.loop.kill(process)
        self.loop.call_later(self.dice.uniform(0, 3), self._bear, process.name, context=ELSEWHERE)

    def _process(self, name: str) -> Process:
        process, _ = (self.publishers if name.startswith("publisher") else self.listeners)[name]
        return process

    async def _end(self, process: Process) -> None:
        """In order, as by SIGTERM; and killed if it does not come to an end."""
        for task in process.roots:
            task.cancel()
        await asyncio.wait(process.roots, timeout=30)
        if not process.is_dead:
            self._kill(process)

    def _bear(self, name: str) -> None:
        if self._is_over:
            return
        self._births += 1
        process = Process(name)
        if name.startswith("publisher"):
            publisher = PublishingService(self._ground(process, self.publishing))
            self.publishers[name] = (process, publisher)
            process.roots = [self.loop.start(process, work) for work in publisher.tasks()]
        else:
            ground = self._ground(process, self.listening)
            listener = Listener(ground, self.failing.at, self._post_of(process))
            self.listeners[name] = (process, listener)
            process.roots = [self.loop.start(process, work) for work in listener.tasks()]

    def _ground(self, process: Process, server: Server) -> Ground:
        link = self._link(process)
        driver = PyMongoDriver(Client(server, link))
        mongo = self._parts.mongo(driver, "simulated", monotonic=self.loop.time)
        broker = BrokerLink(self.broker, link, self.dice, self._note_commit)
        return Ground(
            f"{process.name} {self._births}", mongo, broker, self.now, self.loop.time, self._parts
        )

    def _link(self, process: Process) -> Link:
        return Link(self.loop, self.dice, self.weather, process, lambda: self._kill(process))

    # Clients, and an operator

    async def _ask(self, key: str, client: int) -> None:
        """Every second command of a key, each again until it is acknowledged."""
        for number in range(client, self.commands[key], 2):
            await self.loop.sleep(self.dice.uniform(0, 0.8))
            command = f"cmd_{number}"
            while not await self._is_done(key, command):
                await self.loop.sleep(self.dice.uniform(0, 1))
            self.acknowledged.setdefault(key, []).append(command)

    async def _is_done(self, key: str, command: str) -> bool:
        process, publisher = self.publishers["publisher"]
        if process.is_dead:
            return False
        asked = self.loop.start(process, publisher.change(key, command))
        await asyncio.wait([asked])
        if asked.cancelled():
            return False
        failure = asked.exception()
        if failure is not None and not isinstance(failure, Unavailable):
            raise failure
        return failure is None

    async def _mend_and_redrive(self) -> None:
        await self.loop.sleep(self.dice.uniform(0, 6))
        self.failing.is_mended = True
        while True:
            _, listener = self.listeners["listener"]
            with suppress(Unavailable, asyncio.CancelledError):
                for key in await listener.dead_letters.keys():
                    await listener.dead_letters.redrive(key)
            await self.loop.sleep(REDRIVE_EVERY)

    def _post_of(self, process: Process) -> Post:
        link = self._link(process)

        async def post(promise: str, is_uncertain: bool) -> None:
            letter = Letter(promise, is_uncertain, self.now())
            await self.loop.sleep(self.dice.choice((0.0, 0.0, 1.5)))
            try:
                await link.there_and_back(lambda: self.letters.append(letter), is_grave=True)
            except Lost as lost:
                raise Unavailable("The mail server did not answer.") from lost

        return post

    # Evidence

    def _note_commit(self, offsets: Mapping[Place, int]) -> None:
        after = self.listening.commits
        self.commits += [Committed(place, offset, after) for place, offset in offsets.items()]

    async def _become_quiet(self) -> str | None:
        deadline = self.loop.time() + QUIET_WITHIN
        while (why := self._unquiet()) is not None and self.loop.time() < deadline:
            await self.loop.sleep(LOOK_EVERY)
        return why

    def _unquiet(self) -> str | None:
        parked = [row for row in self.listening.tables["parked"].values() if self._can_go(row)]
        promises = self.listening.tables["promises"].values()
        reasons = {
            "a client": sum(self.commands.values())
            - sum(len(done) for done in self.acknowledged.values()),
            "the publisher's outbox": len(self.publishing.tables["outbox"]),
            "the listener's outbox": len(self.listening.tables["outbox"]),
            "a topic": sum(
                len(log) - self.broker.committed[GROUP, place]
                for place, log in self.broker.logs.items()
                if place[0] == "sessions.events"
            ),
            "a promise": sum(row["state"] == "pending" for row in promises),
            "a parked key": len(parked),
        }
        return next((f"{why}, {count}" for why, count in reasons.items() if count), None)

    def _can_go(self, parked: Document) -> bool:
        """Nothing hopeless is before it."""
        version = parked_version(parked)
        return not any(key == parked["key"] and v <= version for key, v in self.failing.hopeless)

    def _evidence(self, unquiet: str | None) -> Evidence:
        return Evidence(
            seed=self.seed,
            acknowledged=self.acknowledged,
            publishing=self.publishing.log,
            listening=self.listening.log,
            topics=self.broker.logs,
            commits=self.commits,
            letters=self.letters,
            hopeless=self.failing.hopeless,
            unquiet=unquiet,
            steps=self.loop.steps,
            seconds=self.loop.time(),
            faults=self.faults,
        )


def played(seed: int, parts: Parts | None = None) -> Evidence:
    """The evidence of the run of this seed. A run is too short to collect garbage in it."""
    gc.disable()
    try:
        return World(seed, parts or Parts()).run()
    finally:
        gc.enable()
