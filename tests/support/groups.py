"""Which tests one process runs one after the other, when several processes share the suite."""

from pathlib import Path
from typing import Final

import pytest

# What is started once for all who stand on it, and takes its time; the group begun first comes
# first, and those that wait the most for others come before those that only reckon.
STAGES: Final = ("ground", "clinic", "kafka_bootstrap")
ROOT: Final = Path(__file__).parents[1]


def group_of(item: pytest.Item) -> str:
    """A stage for all who stand on it; else the file, whose own fixtures are made once."""
    path = item.path.relative_to(ROOT)
    if path.parts[0] != "unit":  # a unit's `clinic` is a small one
        for stage in STAGES:
            if stage in getattr(item, "fixturenames", ()):
                return stage
    return str(path)


def rank_of(item: pytest.Item) -> int:
    """The stages in their order, and then the files in theirs."""
    group = group_of(item)
    return STAGES.index(group) if group in STAGES else len(STAGES)
