"""Every event is as it was agreed, and so is its history; `make golden` adds what is meant."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import pytest

from clinic_events import topics
from clinic_events.catalog import CATALOG, Catalog
from clinic_events.envelope import Event
from clinic_events.ports import Document
from tests.contract.golden import schema_of
from tests.contract.history import ACCEPTED, Histories, Refused, broken

HERE = Histories()
A, B = "tests.thing_done.v1", "tests.thing_undone.v1"


@pytest.mark.parametrize("event", [*CATALOG], ids=lambda event: event.name)
def test_an_event_is_as_it_was_last_agreed(event: type[Event]) -> None:
    known = HERE.of(event.name)
    assert known, "Run `make golden`."
    assert known[-1] == schema_of(event), "Meant? Run `make golden` and review."


@pytest.mark.parametrize("name", sorted(HERE.names()))
def test_nothing_that_was_agreed_was_edited_or_taken_back(name: str) -> None:
    assert [*HERE.edited(name)] == []
    assert broken(name, HERE.of(name)) == []


def test_every_event_that_was_ever_agreed_can_be_read_here_as_it_is_or_upgraded() -> None:
    """Those of the last 30 days are on the topics, and a compacted one is kept for ever."""
    assert unreadable(HERE.names(), CATALOG) == []


def unreadable(names: Iterable[str], catalog: Catalog) -> list[str]:
    """Those of which no contract has the name, and from which no upgrades lead to one."""
    known = {event.name for event in catalog}
    return sorted(name for name in names if catalog.end_of(name) not in known)


class ThingDone(Event):
    """A thing that was done, in its second version."""

    name: ClassVar[str] = "tests.thing_done.v2"
    topic: ClassVar = topics.SESSIONS
    about: ClassVar[str] = "patient_id"
    patient_id: str


def with_a_dose(body: Document) -> Document:
    return {**body, "dose": body["amount"]}


def test_an_agreed_version_whose_contract_is_gone_needs_an_upgrade_that_leads_to_one() -> None:
    upgrades = {A: (ThingDone.name, with_a_dose)}

    assert unreadable([A, ThingDone.name], Catalog([ThingDone])) == [A]
    assert unreadable([A, ThingDone.name], Catalog([ThingDone], upgrades)) == []
    assert unreadable([A], Catalog([], upgrades)) == [A]


def a_schema(**fields: Document) -> Document:
    return {"type": "object", "properties": {"id": {"type": "string"}, **fields}}


@pytest.fixture
def histories(tmp_path: Path) -> Histories:
    """Two events; one has grown twice."""
    histories = Histories(tmp_path)
    histories.accept(A, a_schema())
    histories.accept(B, a_schema())
    histories.accept(A, a_schema(at={"type": "string"}))
    histories.accept(A, a_schema(at={"type": "string"}, by={"type": "string"}))
    return histories


def test_what_grew_is_added_and_what_stayed_is_not(histories: Histories) -> None:
    histories.accept(B, a_schema())
    assert [len(histories.of(name)) for name in (A, B)] == [3, 1]
    assert [*histories.edited(A), *histories.edited(B)] == []


def test_what_did_not_only_grow_is_refused_and_leaves_nothing(histories: Histories) -> None:
    with pytest.raises(Refused, match="/at is gone"):
        histories.accept(A, a_schema())
    assert len(histories.of(A)) == 3


def test_a_field_that_comes_back_as_another_type_is_held_against_the_oldest() -> None:
    """Against the one before alone it would be a new field."""
    at = {"type": "string"}
    line = [a_schema(at=at), a_schema(), a_schema(at={"type": "integer"})]
    assert f"{A}: /at is of another type. Make it a new version." in broken(A, line)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_edit_of_what_was_agreed_is_noticed(histories: Histories, number: int) -> None:
    path = histories.folder / f"tests/ThingDone.v1/{number}.json"
    path.write_text(path.read_text().replace('"id"', '"key"'))
    assert [*histories.edited(A)] == [f"{A}: {number}.json is not what was agreed. Restore it."]
    with pytest.raises(Refused):
        histories.accept(A, a_schema())


def test_an_edit_with_its_digest_leaves_the_later_ones_wrong(histories: Histories) -> None:
    path = histories.folder / "tests/ThingDone.v1/1.json"
    path.write_text(path.read_text().replace('"id"', '"key"'))
    accepted = json.loads((histories.folder / ACCEPTED).read_text())
    accepted[A][0] = histories._chain(A)[0]
    (histories.folder / ACCEPTED).write_text(json.dumps(accepted))
    assert [*histories.edited(A)] == [f"{A}: 2.json is not what was agreed. Restore it."]


@pytest.mark.parametrize("what", ["tests/ThingDone.v1/3.json", "tests/ThingUndone.v1/1.json"])
def test_one_that_was_taken_away_is_missed(histories: Histories, what: str) -> None:
    (histories.folder / what).unlink()
    assert [*histories.edited(A), *histories.edited(B)] != []


def test_one_that_nobody_agreed_on_is_a_stray(histories: Histories) -> None:
    (histories.folder / "tests/Other.v1").mkdir()
    (histories.folder / "tests/Other.v1/1.json").write_text("{}")
    assert histories.names() == {A, B, "tests/Other.v1"}
