"""Which tests one process runs one after the other, when several processes share the suite."""

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[2]


class ByStage(LoadScopeScheduling):  # type: ignore[misc]  # has no types
    """Whatever stands on one thing that takes its time to start, and costs while it stands idle, is
    for one process: the whole clinic, the processes that are killed, a broker. Else a file."""

    def _split_scope(self, nodeid: str) -> str:
        return _stage_of(nodeid.split("::", 1)[0])


@cache
def _stage_of(path: str) -> str:
    if path.startswith("tests/chaos/"):
        return "chaos"
    text = (ROOT / path).read_text()
    if path.startswith("tests/e2e/") or "clinic: Stack" in text:
        return "clinic"
    return "broker" if "kafka_bootstrap" in text else path
