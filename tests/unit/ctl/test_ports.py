"""Ports: one that was given is not given again, and can be listened on."""

import socket
import subprocess
import sys

from clinic_ctl.stack.ports import LOOPBACK, answers, free, is_free

MANY = 500  # of some 14,000: without being kept, two would be the same but for once in 7,000 times
DRAW = f"from clinic_ctl.stack.ports import free; print(len({{free() for _ in range({MANY})}}))"


def test_a_port_that_was_given_is_not_given_again() -> None:
    drawn = subprocess.run([sys.executable, "-c", DRAW], capture_output=True, text=True, check=True)
    assert int(drawn.stdout) == MANY


def test_a_port_that_was_given_does_not_answer_until_somebody_listens_there() -> None:
    port = free()
    assert is_free(port)
    assert not answers(port)
    with socket.create_server((LOOPBACK, port)):
        assert answers(port)
        assert not is_free(port)


def test_a_port_that_somebody_has_is_not_the_one_preferred() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert free(port) != port
