"""Which tests one process runs one after the other, when several processes share the suite."""

from xdist.scheduler import LoadScopeScheduling

from tests.support.stages import stage_of


class ByStage(LoadScopeScheduling):  # type: ignore[misc]  # has no types
    """What stands on one stage is for one process. Else a file."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return stage_of(path) or path
