"""Which spans are recorded. A module of its own: who collects none need not load the library."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes


def sampler_of(share: float) -> Sampler:
    """As its parent was decided; without one, if it is linked to a recorded span, else by share."""
    return ParentBased(_LinkedOrByShare(share))


class _LinkedOrByShare(TraceIdRatioBased):
    """The handling of an event is linked to the span that published it, and is decided with it:
    else most traces would end at the first event."""

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        is_linked = any(link.context.trace_flags.sampled for link in links or ())
        decide = ALWAYS_ON.should_sample if is_linked else super().should_sample
        return decide(parent_context, trace_id, name, kind, attributes, links, trace_state)
