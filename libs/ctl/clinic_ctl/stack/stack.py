"""The local stack as a whole: started in order, found again, ended in reverse, by its own pids."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from clinic_ctl.stack import parts, pids, services
from clinic_ctl.stack.issuer import Issuer
from clinic_ctl.stack.parts import DEFAULT_PORTS, INFRASTRUCTURE, Part, port_of
from clinic_ctl.stack.services import ANYWHERE, DOORS, Door, Surroundings
from clinic_ctl.stack.state import Running, StateFile
from clinic_ctl.stack.topics import provision
from clinic_events import topics


class UnknownPart(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no part of the stack; there are {', '.join(parts.ALL)}.")


class NotRunning(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not running.")


class StillStarting(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is still starting: where it answers is not known yet.")


def _silent(_: str) -> None:
    """Drops warnings."""


class Stack:
    """What runs in one folder. Any number of them live side by side, each in its own.

    `given` are parts from outside, by name: they are used, and never started or ended. With
    `anywhere` no usual port is tried: for tests, which must not meet a developer's own stack.
    """

    def __init__(
        self,
        folder: Path,
        *,
        given: Mapping[str, Running] | None = None,
        anywhere: bool = False,
        warn: Callable[[str], None] = _silent,
    ) -> None:
        self.folder = folder.absolute()
        self.issuer = Issuer(self.folder)
        self._state = StateFile(self.folder)
        self._given = given or {}
        self._anywhere = anywhere
        self._warn = warn

    def up(self, only: Iterable[str] = parts.ALL) -> list[Running]:
        """Start what is not running of these, and whatever they need. All or, failing, none new.

        Raises ProcessFailed with the end of the log of the part that did not come up.
        """
        wanted = _with_needs(only)
        with self._state.held():
            fresh = [name for name in wanted if not self._is_usable(name)]
            try:
                self._start_all(fresh)
            except BaseException:
                self._end_in_order(set(fresh) - set(self._given))
                raise
        return self.status()

    def down(self) -> None:
        """End everything that is ours, services first. Data stays for the next time."""
        with self._state.held():
            self._end_in_order(set(parts.ALL))

    def status(self) -> list[Running]:
        """Every part that was started, alive or not, in the order of starting."""
        known = {**self._state.read(), **self._given}
        return [known[name] for name in parts.ALL if name in known]

    def restart(self, name: str) -> Running:
        """End one part and start it where it was."""
        with self._state.held():
            self.part(name).end()
            self._start_all([name])
        return self.part(name)

    def kill(self, name: str) -> None:
        """End one part as a power cut would. `start` brings it back, whatever is still to be seen
        of the process: of one that is dying a look may find more than the look before."""
        part = self.part(name)
        part.kill()
        if part.pid is not None:
            self._state.put(replace(part, is_ready=False))

    def end(self, names: Iterable[str]) -> None:
        """End some parts in order, as `down` does with all."""
        with self._state.held():
            self._end_in_order(set(names))

    def start(self, name: str) -> Running:
        """Start one part where it was, if it does not run."""
        self.up([name])
        return self.part(name)

    def part(self, name: str) -> Running:
        """Raises UnknownPart, NotRunning."""
        if name not in parts.ALL:
            raise UnknownPart(name)
        known = {**self._state.read(), **self._given}
        if name not in known:
            raise NotRunning(name)
        return known[name]

    def url(self, service: str) -> str:
        """Where a service, or `devtools`, answers. Raises NotRunning."""
        return self.part(service).addresses["http"]

    def management(self) -> dict[str, str]:
        """The management address of every service that was started. Raises StillStarting: whoever
        moves the clock moves that of all of them."""
        running = [part for part in self.status() if part.name in services.NAMES]
        for part in running:
            if "management" not in part.addresses:
                raise StillStarting(part.name)
        return {part.name: part.addresses["management"] for part in running}

    def _is_usable(self, name: str) -> bool:
        part = {**self._state.read(), **self._given}.get(name)
        return part is not None and part.is_usable

    def _start_all(self, names: list[str]) -> None:
        before = self._state.read()
        self._end(names)  # one that lives but never became ready, after a crash of the command
        base = [self._infrastructure(name, before) for name in names if name in INFRASTRUCTURE]
        self._start_together(base)
        if "kafka" in names or "kafka" in self._given:
            self._make_topics()
        wanted = [name for name in names if name in services.NAMES]
        doors = {name: self._door(name, before) for name in services.NAMES}
        around = self._surroundings(doors["outcomes"]) if wanted else None
        if around is not None:
            self._start_together([parts.service(name, doors[name], around) for name in wanted])

    def _infrastructure(self, name: str, before: Mapping[str, Running]) -> Part:
        was = before.get(name)
        if name == "kafka":
            port = port_of(was, "bootstrap_servers") or self._usual("kafka")
            return parts.broker(self.folder, port, warn=self._warn)
        if name == "mongo":
            return parts.database(self.folder, port_of(was, "url") or self._usual("mongo"))
        http, smtp = port_of(was, "http"), port_of(was, "smtp")
        return parts.devtools(
            self.folder, http or self._usual("devtools"), smtp or self._usual("smtp")
        )

    def _usual(self, name: str) -> int:
        return 0 if self._anywhere else DEFAULT_PORTS[name]

    def _door(self, name: str, before: Mapping[str, Running]) -> Door:
        """Where it was, also when it runs now; else its usual ports, or any."""
        was = before.get(name)
        if was is None or not was.addresses:
            return (ANYWHERE if self._anywhere else DOORS[name]).free()
        door = Door(port_of(was, "http"), port_of(was, "management"))
        return door if was.is_usable else door.free()

    def _start_together(self, starting: list[Part]) -> None:
        with ThreadPoolExecutor(max_workers=len(parts.ALL)) as pool:
            for started in [pool.submit(self._start_one, part) for part in starting]:
                started.result()

    def _start_one(self, part: Part) -> None:
        part.process.on_start = lambda pid: self._state.put(_running(part, pid, addresses={}))
        part.start()
        addresses = part.addresses()
        self._state.put(_running(part, part.process.pid, addresses=addresses, is_ready=True))

    def _surroundings(self, outcomes: Door) -> Surroundings:
        kafka, devtools = self.part("kafka").addresses, self.part("devtools")
        return Surroundings(
            folder=self.folder,
            kafka=kafka["bootstrap_servers"],
            keeps_names=kafka.get("kind") != "mock",
            mongo=self.part("mongo").addresses["url"],
            devtools=devtools.addresses["http"],
            smtp_port=port_of(devtools, "smtp"),
            outcomes=outcomes.http,
        )

    def _make_topics(self) -> None:
        """The mock has no admin, and makes its own."""
        addresses = self.part("kafka").addresses
        if addresses.get("kind") != "mock":
            with ThreadPoolExecutor() as pool:  # a caller may have a loop of its own
                making = provision(addresses["bootstrap_servers"], topics.ALL)
                pool.submit(asyncio.run, making).result()

    def _end_in_order(self, names: set[str]) -> None:
        """Services first: they leave their consumer groups and commit how far they are."""
        self._end(names & set(services.NAMES))
        self._end(names & set(INFRASTRUCTURE))

    def _end(self, names: Iterable[str]) -> None:
        state = self._state.read()
        mine = [state[name] for name in names if name in state]
        with ThreadPoolExecutor(max_workers=len(parts.ALL)) as pool:
            list(pool.map(Running.end, mine))
        for part in mine:
            self._state.remove(part.name)


def _running(
    part: Part, pid: int, *, addresses: Mapping[str, str], is_ready: bool = False
) -> Running:
    return Running(
        name=part.name,
        addresses=addresses,
        pid=pid,
        born=pids.birth(pid) or "",
        log=str(part.process.log),
        is_ready=is_ready,
    )


def _with_needs(only: Iterable[str]) -> list[str]:
    asked = set(only)
    for name in asked - set(parts.ALL):
        raise UnknownPart(name)
    needed = set(INFRASTRUCTURE) if asked & set(services.NAMES) else set()
    return [name for name in parts.ALL if name in asked | needed]
