"""Every event is as it was agreed, in `schemas/`; `make golden` writes a change that is meant."""

import pytest

from clinic_events.catalog import CATALOG
from clinic_events.envelope import Event
from tests.contract.golden import SCHEMAS, broken, read, schema_of, schema_path


def test_within_its_version_every_event_only_grew() -> None:
    assert broken() == []


@pytest.mark.parametrize("event", [*CATALOG], ids=lambda event: event.name)
def test_an_event_is_as_it_was_agreed(event: type[Event]) -> None:
    assert read(schema_path(event)) == schema_of(event), "Meant? Run `make golden` and review."


def test_every_schema_is_of_an_event_there_is() -> None:
    assert set(SCHEMAS.rglob("*.json")) == {schema_path(event) for event in CATALOG}
