"""Which service publishes and receives what: every event has a publisher, and a listener."""

import re
from collections.abc import Iterable, Mapping
from inspect import iscoroutinefunction, ismodule
from typing import ClassVar, Final, get_type_hints

import pytest

from clinic_events import (
    AlarmAcknowledged,
    AlarmClosed,
    AlarmRaised,
    DosingEnded,
    Event,
    MessageSent,
    MessageUndeliverable,
    MessageWithheld,
    ScreeningCompleted,
    SessionBooked,
    SessionMissed,
    topics,
)
from clinic_events.catalog import CATALOG
from tests.contract.services import SERVICES, Service
from tests.contract.test_repository import text_of

events = pytest.mark.parametrize("event", [*CATALOG], ids=lambda event: event.name)
services = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)

# For systems of the clinic that are not of this product: records, reports, registries.
WITHOUT_LISTENER: Final[Mapping[type[Event], str]] = {
    ScreeningCompleted: "The clearance that follows is what the others act on.",
    DosingEnded: "The completed session, which follows, has when dosing ended.",
    AlarmRaised: "For screens at the bedside; a call of its own notifies who is to come.",
    AlarmAcknowledged: "For screens at the bedside.",
    AlarmClosed: "For screens at the bedside, and for reports of what was done.",
    MessageSent: "For the record of who was sent what, and when.",
    MessageWithheld: "For the record of who was sent nothing, and why.",
    MessageUndeliverable: "For the clinic's worklists: somebody has to call.",
}


def received() -> set[type[Event]]:
    return {line.event for service in SERVICES for line in service.subscriptions}


def published() -> set[type[Event]]:
    return {event for service in SERVICES for event in published_by(service)}


def published_by(service: Service) -> set[type[Event]]:
    """The events that its `publishing` names, in one file or in those of a folder."""
    publishing = service.publishing
    inside = [part for part in vars(publishing).values() if ismodule(part)]
    files = [part for part in inside if part.__name__.startswith(f"{publishing.__name__}.")]
    named = {id(thing) for part in (publishing, *files) for thing in vars(part).values()}
    return {event for event in CATALOG if id(event) in named}


def unpublished(received: Iterable[type[Event]], published: Iterable[type[Event]]) -> list[str]:
    """The events listened to that nobody publishes, or that have a newer version."""
    newest: dict[str, int] = {}
    for event in published:
        stem, _, version = event.name.rpartition(".v")
        newest[stem] = max(int(version), newest.get(stem, 0))
    wanted = {event.name: event.name.rpartition(".v") for event in received}
    return [name for name, (stem, _, version) in wanted.items() if newest.get(stem) != int(version)]


class BookedInAnotherWay(SessionBooked):
    name: ClassVar[str] = "sessions.session_booked.v2"


def test_every_event_that_is_listened_to_is_published_in_that_version() -> None:
    assert unpublished(received(), published()) == []


@pytest.mark.parametrize(
    ("listened_to", "published_ones"),
    [
        (SessionBooked, [SessionMissed]),
        (SessionBooked, [SessionBooked, BookedInAnotherWay]),
        (BookedInAnotherWay, [SessionBooked]),
    ],
    ids=["published by nobody", "published in a newer version, too", "not published in it yet"],
)
def test_a_listener_that_waits_in_vain_is_known(
    listened_to: type[Event], published_ones: list[type[Event]]
) -> None:
    assert unpublished([listened_to], published_ones) == [listened_to.name]


def test_every_event_has_a_listener_or_a_reason_to_have_none() -> None:
    assert {event.name for event in CATALOG} == {
        e.name for e in received() | WITHOUT_LISTENER.keys()
    }
    assert [event.name for event in received() & WITHOUT_LISTENER.keys()] == []


@events
def test_every_event_is_published_by_the_service_it_is_named_after_and_no_other(
    event: type[Event],
) -> None:
    producer = event.name.partition(".")[0]
    publishers = [service.name for service in SERVICES if event in published_by(service)]
    assert publishers == [producer]


@events
def test_every_event_has_a_topic_that_is_made_and_the_key_of_that_topic(
    event: type[Event],
) -> None:
    assert event.topic in topics.ALL
    assert event.keyed_by == event.topic.key
    assert {event.keyed_by, event.about} <= event.model_fields.keys()


def test_every_topic_is_used_and_made_once() -> None:
    names = [topic.name for topic in topics.ALL]
    assert sorted(names) == sorted({event.topic.name for event in CATALOG})


@services
def test_a_service_listens_to_an_event_once_and_never_to_its_own(service: Service) -> None:
    names = [line.event.name for line in service.subscriptions]
    assert len(names) == len(set(names))
    assert [name for name in names if name.startswith(f"{service.name}.")] == []


@services
def test_the_readme_of_a_service_lists_what_it_receives_and_publishes(service: Service) -> None:
    readme = text_of(f"services/{service.name}/README.md")
    listened_to = [line.event.__name__ for line in service.subscriptions]
    assert sorted(classes_in(readme, "Receives")) == sorted(listened_to)
    own = [event.__name__ for event in published_by(service)]
    assert sorted(classes_in(readme, "Publishes")) == sorted(own)


def classes_in(readme: str, table: str) -> list[str]:
    """The second column of the table whose first heading is `table`, each class by itself."""
    _, _, below = readme.partition(f"| {table} | event class |")
    rows = below.partition("\n\n")[0].splitlines()[2:]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[2])]


@services
def test_every_handler_takes_the_event_it_is_named_for(service: Service) -> None:
    for line in service.subscriptions:
        assert iscoroutinefunction(line.handler)
        [takes] = [kind for name, kind in get_type_hints(line.handler).items() if name != "return"]
        assert issubclass(line.event, takes)
