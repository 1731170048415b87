"""Spans cost nothing where they are not wanted, and no time where they are not taken."""

import socket
import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from clinic_events import tracing
from clinic_platform import telemetry
from clinic_platform.sampling import sampler_of

SAMPLED = f"00-{'a' * 32}-{'b' * 16}-01"
NOT_SAMPLED = f"00-{'a' * 32}-{'b' * 16}-00"
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


@pytest.mark.parametrize("trace_parent", [SAMPLED, NOT_SAMPLED])
def test_a_request_whose_caller_is_not_sampled_has_no_span_and_carries_the_callers(
    monkeypatch: pytest.MonkeyPatch, trace_parent: str
) -> None:
    provider = TracerProvider(sampler=sampler_of(1))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(telemetry, "TRACER", provider.get_tracer("tests"))

    with telemetry.request_span(trace_parent) as span:
        carried = tracing.trace_parent_for(tracing.Cause("req_1", "cor_1", trace_parent))

    assert span.get_span_context().is_valid == (trace_parent == SAMPLED)
    assert (carried == trace_parent) == (trace_parent == NOT_SAMPLED)
