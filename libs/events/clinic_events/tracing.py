"""Causation: which request or event is being handled now, and its trace spans, if sampled.

A request or a delivery opens a `Cause`; every event appended while it is open carries its ids. An
event may be handled long after it was published, and many together, so a handling's span is a trace
of its own that *links* to the spans that published the events, and is not their child. What was not
sampled costs nothing here: no span is made.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags

TRACER: Final = trace.get_tracer("clinic_events")


class Cause(NamedTuple):
    """`id` is the event or request being handled; `correlation_id` the step a person started.

    `trace_parent` is W3C's: version, trace, span, flags.
    """

    id: str
    correlation_id: str
    trace_parent: str | None = None


# Or a function that makes one when it is asked for: most events cause no other.
_current: ContextVar[Cause | Callable[[], Cause] | None] = ContextVar("clinic_cause", default=None)


def current() -> Cause | None:
    cause = _current.get()
    return cause() if callable(cause) else cause


class caused_by:
    """`with caused_by(cause):` events appended inside are caused by it."""

    __slots__ = ("_cause", "_token")

    def __init__(self, cause: Cause) -> None:
        self._cause = cause

    def __enter__(self) -> None:
        self._token = _current.set(self._cause)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


@contextmanager
def causes_in_turn() -> Iterator[Callable[[Callable[[], Cause]], object]]:
    """`with causes_in_turn() as caused_by:` events appended after `caused_by(make_cause)` have the
    cause that it makes, until the next call."""
    token = _current.set(None)
    try:
        yield _current.set
    finally:
        _current.reset(token)


@contextmanager
def handled(name: str, trace_parents: Iterable[str | None]) -> Iterator[None]:
    """A span of its own around a handling, linked to each sampled one; none without any."""
    links = [
        Link(span_context_in(parent)) for parent in trace_parents if parent and is_sampled(parent)
    ]
    if not links:
        yield
        return
    with TRACER.start_as_current_span(
        name,
        Context(),
        SpanKind.CONSUMER,
        links=links,
        record_exception=False,  # an error's text may hold anything
        set_status_on_exception=False,
    ):
        yield


def trace_parent_for(cause: Cause) -> str | None:
    """The trace parent of an event appended now: the open span, else that of its cause."""
    context = trace.get_current_span().get_span_context()
    return trace_parent_of(context) if context.is_valid else cause.trace_parent


def is_sampled(trace_parent: str) -> bool:
    return trace_parent.endswith(("1", "3", "5", "7", "9", "b", "d", "f"))


def trace_parent_of(context: SpanContext) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span_context_in(trace_parent: str) -> SpanContext:
    """An invalid one for malformed text; the tracing library leaves links to it out."""
    try:
        _, trace_id, span_id, flags = trace_parent.split("-")
        trace_flags = TraceFlags(int(flags, 16))
        return SpanContext(int(trace_id, 16), int(span_id, 16), True, trace_flags)  # a remote one
    except ValueError:
        return trace.INVALID_SPAN_CONTEXT
