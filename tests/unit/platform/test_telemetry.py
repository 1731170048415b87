"""Spans cost nothing where they are not wanted, and no time where they are not taken."""

import socket
import subprocess
import sys

COLLECTING = """
import sys, time
from clinic_platform.telemetry import collected, request_span
with collected("tests", endpoint=sys.argv[1], share=1.0):
    with request_span(None):
        pass
    left = time.monotonic()
print(time.monotonic() - left, flush=True)
"""


def test_a_collector_that_never_answers_holds_up_no_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        endpoint = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1/traces"
        with subprocess.Popen(
            [sys.executable, "-c", COLLECTING, endpoint], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert float(process.stdout.readline()) < 5
            assert process.wait(5) == 0
        assert deaf.accept()[0].recv(4) == b"POST", "Or nothing was sent."
