"""The command line of a service's process: its role, or a replay."""

import argparse
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias, get_args

from clinic_events.replay import Replay

Part: TypeAlias = Literal["api", "worker", "all"]
Role: TypeAlias = Part | Replay
REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Command:
    role: Role
    only_checks: bool

    @property
    def role_name(self) -> str:
        return REPLAY if isinstance(self.role, Replay) else self.role


def parse(name: str) -> Command:
    """`clinic_<name> [api|worker|all|replay] [--check-config]`. A wrong one ends it."""
    parser = argparse.ArgumentParser(prog=f"clinic_{name}")
    parser.add_argument("role", nargs="?", choices=[*get_args(Part), REPLAY], default="all")
    parser.add_argument("--check-config", action="store_true", help="check the settings and end")
    replay = parser.add_argument_group("replay", "Handle a piece of a topic's past, and end.")
    replay.add_argument("--topic")
    replay.add_argument("--since", type=_time, help="2030-01-31T09:00:00Z")
    replay.add_argument("--kind", help="only this kind, as sessions.session_completed")
    replay.add_argument("--again", action="store_true", help="also what was handled already")
    options = parser.parse_args()
    if options.role != REPLAY:
        return Command(options.role, options.check_config)
    if options.topic is None or options.since is None:
        parser.error("replay needs --topic and --since")
    asked = Replay(topic=options.topic, since=options.since, kind=options.kind, again=options.again)
    return Command(asked, options.check_config)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("a time needs its zone: 2030-01-31T09:00:00Z")
    return at
