"""Traces through the outbox: linked, not nested; and no span for a trace that is not sampled."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link

from clinic_events import SessionCompleted, on, tracing
from clinic_events.delivery import Outcome
from clinic_events.errors import Park
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from clinic_platform.sampling import sampler_of
from tests.support.events import Listener

SAMPLED = f"00-{'a' * 32}-{'b' * 16}-01"
NOT_SAMPLED = f"00-{'a' * 32}-{'b' * 16}-00"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Of no trace that begins here: only of those that others have decided on."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=sampler_of(0))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "TRACER", provider.get_tracer("tests"))
    yield exporter
    provider.shutdown()


def published_under(trace_parent: str | None, number: int = 1) -> Message:
    event = example(SessionCompleted, session_id=f"ses_{number}", patient_id=f"pat_{number}")
    message = message_of(event, event_id=f"evt_{number}")
    if trace_parent is None:
        return message
    return message._replace(
        headers={**message.headers, "ce_traceparent": trace_parent.encode("ascii", "replace")}
    )


class Carrying(Listener):
    """Notes which trace parent an event published now would have."""

    def __init__(self) -> None:
        super().__init__()
        self.carried: list[str | None] = []

    async def handle(self, _: SessionCompleted) -> None:
        cause = tracing.current()
        assert cause is not None
        self.carried.append(tracing.trace_parent_for(cause))


async def handled(*messages: Message) -> Carrying:
    listener = Carrying()
    delivery = listener.delivery(on(SessionCompleted, listener.handle))
    assert None not in await delivery.deliver_together(messages)
    return listener


async def test_a_handling_has_a_trace_of_its_own_with_a_link(spans: InMemorySpanExporter) -> None:
    listener = await handled(published_under(SAMPLED))

    [span] = spans.get_finished_spans()
    assert span.parent is None
    assert links(span) == [SAMPLED]
    assert listener.carried == [tracing.trace_parent_of(span.context)]


async def test_many_handled_together_are_one_span_with_a_link_to_each(
    spans: InMemorySpanExporter,
) -> None:
    other = f"00-{'c' * 32}-{'d' * 16}-01"
    await handled(
        published_under(SAMPLED, 1), published_under(NOT_SAMPLED, 2), published_under(other, 3)
    )

    [span] = spans.get_finished_spans()
    assert links(span) == [SAMPLED, other]


@pytest.mark.parametrize("trace_parent", [None, NOT_SAMPLED])
async def test_a_trace_that_is_not_sampled_is_carried_on_without_a_span(
    spans: InMemorySpanExporter, trace_parent: str | None
) -> None:
    listener = await handled(published_under(trace_parent))
    assert spans.get_finished_spans() == ()
    assert listener.carried == [trace_parent]


@pytest.mark.parametrize("published", [SAMPLED, NOT_SAMPLED])
def test_a_span_is_recorded_if_one_that_it_is_linked_to_is(
    spans: InMemorySpanExporter, published: str
) -> None:
    link = Link(tracing.span_context_in(published))
    with tracing.TRACER.start_as_current_span("handle", links=[link]):
        pass

    assert len(spans.get_finished_spans()) == (published == SAMPLED)


async def test_a_redriven_event_has_a_trace_of_its_own_with_a_link(
    spans: InMemorySpanExporter,
) -> None:
    listener = Carrying()
    delivery = listener.delivery(on(SessionCompleted, listener.handle))
    message = published_under(SAMPLED)
    await listener.dead_letters.park(
        message, event_id="evt_1", key="ses_1", reason="failed", error="", attempts=1
    )
    assert await delivery.redeliver(await listener.dead_letters.get("evt_1")) is Outcome.HANDLED

    [span] = spans.get_finished_spans()
    assert links(span) == [SAMPLED]
    assert listener.carried == [tracing.trace_parent_of(span.context)]


async def test_a_malformed_trace_parent_fails_no_handler(spans: InMemorySpanExporter) -> None:
    await handled(published_under("00-nonsense-1"))
    assert [links(span) for span in spans.get_finished_spans()] in ([], [[]])


async def test_an_errors_text_never_reaches_a_span(spans: InMemorySpanExporter) -> None:
    listener = Listener()

    async def refuse(_: SessionCompleted) -> None:
        raise Park("canary-Testa")

    delivery = listener.delivery(on(SessionCompleted, refuse))
    assert await delivery.deliver(published_under(SAMPLED)) is Outcome.PARKED
    assert "canary" not in "".join(span.to_json() for span in spans.get_finished_spans())


def links(span: ReadableSpan) -> list[str]:
    return [tracing.trace_parent_of(link.context) for link in span.links]


def test_without_anybody_who_collects_no_span_records() -> None:
    assert not trace.get_current_span().is_recording()
