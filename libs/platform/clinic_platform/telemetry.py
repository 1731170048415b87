"""Spans, if somebody collects them: to an OpenTelemetry collector, by HTTP. Else nothing is spent.

A span has the name of an operation or of an event, and codes: nothing about a patient.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, set_span_in_context

from clinic_events.tracing import is_sampled, span_context_in

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

TRACER: Final = trace.get_tracer("clinic_platform")
# At the end of the process. A collector that does not answer costs spans, and not a late end.
FLUSH_WITHIN: Final = timedelta(seconds=2)


@contextmanager
def collected(service: str, *, endpoint: str | None, share: float) -> Iterator[None]:
    """Send spans to `endpoint` (`https://collector/v1/traces`), of this share of the requests that
    come without a decision of their own, and of the events they publish. Flushed at the end, as far
    as the collector takes them within FLUSH_WITHIN."""
    if endpoint is None:
        yield
        return
    provider = _provider(service, endpoint, share)
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        flushing = Thread(target=provider.shutdown, daemon=True)  # one that hangs holds up no exit
        flushing.start()
        flushing.join(FLUSH_WITHIN.total_seconds())


def _provider(service: str, endpoint: str, share: float) -> "TracerProvider":
    # Only for those who collect: the exporter brings some ninety modules with it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from clinic_platform.sampling import sampler_of

    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        sampler=sampler_of(share),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return provider


@contextmanager
def request_span(trace_parent: str | None) -> Iterator[Span]:
    """The span of a request, below the caller's. Where nobody collects them, or the caller's is not
    sampled, none is made: the caller's is carried on by the cause."""
    is_dropped = trace_parent is not None and not is_sampled(trace_parent)
    if is_dropped or isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        yield trace.INVALID_SPAN
        return
    parent = None
    if trace_parent is not None:
        remote = trace.NonRecordingSpan(span_context_in(trace_parent))
        parent = set_span_in_context(remote)
    with TRACER.start_as_current_span(
        "request",
        parent,
        SpanKind.SERVER,
        record_exception=False,  # an error's text may hold anything
        set_status_on_exception=False,
    ) as span:
        yield span
