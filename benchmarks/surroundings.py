"""The surroundings of a measurement: the machine, and the version of everything that took part."""

import json
import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pymongo import MongoClient

from benchmarks.measure import Ground

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("aiokafka", "motor", "pymongo", "pydantic", "fastapi", "uvicorn", "uvloop")


def machine() -> str:
    """Its processor, cores and memory."""
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    gib = round(int(memory[1]) / 1024**2) if memory else "?"
    return f"{os.cpu_count()} × {cpu[1] if cpu else platform.machine()}, {gib} GiB"


def versions(ground: Ground) -> dict[str, str]:
    """Of the servers, the packages and the peers."""
    with MongoClient[dict[str, object]](ground.mongo) as client:
        mongod = str(client.server_info()["version"])
    return {
        "Kafka": _found(
            r"kafka_2\.13</artifactId>\s*<version>([\d.]+)<", "deploy/local/kafka/pom.xml"
        ),
        "mongod": mongod,
        "Python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "FastStream": _found(r"(?m)^faststream==([\d.]+)", "requirements/peers.txt"),
        "agenda": _agenda(),
        "Node.js": _node(),
    }


def _found(pattern: str, path: str) -> str:
    found = re.search(pattern, (ROOT / path).read_text())
    assert found is not None, path
    return found[1]


def _agenda() -> str:
    package = json.loads((ROOT / "benchmarks/peers/agenda/package.json").read_text())
    return str(package["dependencies"]["agenda"])


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        return "none"
    ended = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return ended.stdout.strip().removeprefix("v")
