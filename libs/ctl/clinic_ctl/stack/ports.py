"""Ports on this machine."""

import socket
import sys
from typing import Final

LOOPBACK: Final = "127.0.0.1"
KEPT: Final[list[socket.socket]] = []


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free(preferred: int = 0) -> int:
    """The preferred port if nobody has it, else any that is free.

    One that is any stays this process's until it ends, so that nobody else is given it before
    somebody listens there: Linux lets a listener in beside a socket that only has the port."""
    if preferred and is_free(preferred):
        return preferred
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((LOOPBACK, 0))
    port: int = probe.getsockname()[1]
    if sys.platform == "linux":
        KEPT.append(probe)
    else:
        probe.close()
    return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0
