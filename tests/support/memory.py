"""Where the tests' databases keep their data: in memory, on a machine that has room there.

A transaction is done once its journal has been synced, and every index is a file: on a disk, most
of what a test with a database takes is waiting for it. What a killed process leaves behind is the
same on either; a cut of the machine's own power no test can make.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from clinic_ctl.stack import pids

MEMORY: Final = Path("/dev/shm")  # a file system in memory, on Linux
ROOM: Final = 2 << 30  # bytes; a container is often given 64 MiB, in which no mongod can start
PREFIX: Final = "clinic-tests-"  # and the number of the process


def has_room(memory: Path = MEMORY) -> bool:
    return memory.is_dir() and shutil.disk_usage(memory).free >= ROOM


def clear_up(memory: Path = MEMORY) -> None:
    """Folders left by processes that were killed."""
    for folder in memory.glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and pids.birth(int(owner)) is None:
            shutil.rmtree(folder, ignore_errors=True)  # another may be at it, too


@contextmanager
def in_memory(data: Path) -> Iterator[None]:
    """Whatever is written to `data`, a folder that is not there yet, until the end of the block."""
    if not has_room():
        yield
        return
    clear_up()
    real = mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=MEMORY)
    data.parent.mkdir(parents=True, exist_ok=True)
    data.symlink_to(real)
    try:
        yield
    finally:
        data.unlink()
        shutil.rmtree(real)
