"""Encoding of an event and its envelope as a message, and decoding."""

import pytest

from clinic_events import ContactCardForgotten, SessionCompleted
from clinic_events.catalog import CATALOG, Catalog, stem_of
from clinic_events.codec import decode, encode
from clinic_events.envelope import Event
from clinic_events.errors import CannotStart, Undecodable, UnknownVersion
from clinic_events.handling import id_of
from clinic_events.ports import Document
from clinic_events.testing import example, message_of
from clinic_events.tracing import Cause

COMPLETED = message_of(example(SessionCompleted), event_id="evt_1", sequence=7)


@pytest.mark.parametrize("contract", list(CATALOG), ids=lambda c: str(c.name))
def test_every_event_is_decoded_as_it_was_encoded(contract: type[Event]) -> None:
    event = example(contract)
    assert decode(message_of(event)).event == event


def test_the_envelope_is_in_the_headers_of_cloudevents() -> None:
    assert COMPLETED.headers["ce_specversion"] == b"1.0"
    assert COMPLETED.headers["ce_id"] == b"evt_1"
    assert COMPLETED.headers["ce_type"] == b"sessions.session_completed.v1"
    assert COMPLETED.headers["ce_sequence"] == b"000000000007"
    assert COMPLETED.key == COMPLETED.headers["ce_partitionkey"] == b"patient_id_example"


def test_fields_nobody_knows_yet_are_ignored() -> None:
    assert COMPLETED.value is not None
    newer = COMPLETED.value[:-1] + b',"added_later":1}'
    assert decode(COMPLETED._replace(value=newer)).event == decode(COMPLETED).event


@pytest.mark.parametrize(
    "value",
    [None, b"", b"\xff", b"[]", b"{}", b'{"session_id": NaN}', b"[" * 100_000, b"1e999"],
    ids=["tombstone", "empty", "not text", "list", "no fields", "NaN", "deep", "infinite"],
)
def test_a_body_that_breaks_its_contract_is_undecodable(value: bytes | None) -> None:
    with pytest.raises(Undecodable):
        decode(COMPLETED._replace(value=value))


def test_an_error_about_a_body_never_repeats_what_was_sent() -> None:
    assert COMPLETED.value is not None
    secret = COMPLETED.value.replace(b'"dose_mg":1.5', b'"dose_mg":"canary-Testa"')
    with pytest.raises(Undecodable, match="dose_mg") as caught:
        decode(COMPLETED._replace(value=secret))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "header", sorted(COMPLETED.headers.keys() - {"ce_specversion", "content-type"})
)
def test_a_missing_or_malformed_header_is_undecodable(header: str) -> None:
    without = {name: value for name, value in COMPLETED.headers.items() if name != header}
    for headers in (without, {**without, header: b"\xff"}):
        with pytest.raises(Undecodable):
            decode(COMPLETED._replace(headers=headers))


@pytest.mark.parametrize("sequence", [b"", b"1.5", b"-1", b"one"])
def test_a_sequence_that_is_no_count_is_undecodable(sequence: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(COMPLETED._replace(headers={**COMPLETED.headers, "ce_sequence": sequence}))


@pytest.mark.parametrize("time", [b"2030-01-07T12:00:00", b"2030-01-07", b"", b"noon"])
def test_a_time_without_its_zone_is_undecodable(time: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(COMPLETED._replace(headers={**COMPLETED.headers, "ce_time": time}))


def test_an_event_without_an_id_is_undecodable_and_known_by_its_place() -> None:
    nameless = COMPLETED._replace(headers={**COMPLETED.headers, "ce_id": b""}, offset=7)
    with pytest.raises(Undecodable):
        decode(nameless)
    assert id_of(nameless) == "sessions.events/-1/7"


def test_a_trace_parent_that_is_not_text_is_undecodable() -> None:
    with pytest.raises(Undecodable):
        decode(COMPLETED._replace(headers={**COMPLETED.headers, "ce_traceparent": b"\xff"}))


def test_the_whole_envelope_can_be_asked_for_and_the_cause_is_of_it() -> None:
    headers = {**COMPLETED.headers, "ce_traceparent": b"00-1-1-00"}
    decoded = decode(COMPLETED._replace(headers=headers))

    assert encode(decoded.envelope, decoded.event).headers == headers
    assert decoded.cause() == Cause("evt_1", "cor_example", "00-1-1-00")


def test_a_key_that_is_not_the_events_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="key"):
        decode(COMPLETED._replace(key=b"pat_somebody_else"))


def test_an_unknown_version_is_distinguished_from_an_unknown_event() -> None:
    with pytest.raises(UnknownVersion):
        CATALOG.find("sessions.session_completed.v9")
    assert CATALOG.find("sessions.session_dreamt.v1") is None


@pytest.mark.parametrize("name", ["", "v1", "a.b", "a.b.v0", "a.b.v1 ", "A.B.v1", "a.b.v1.v2"])
def test_a_type_that_is_no_name_with_a_version_is_undecodable(name: str) -> None:
    with pytest.raises(Undecodable):
        stem_of(name)


def test_an_old_version_is_upgraded_step_by_step_before_it_is_read() -> None:
    def with_route(body: Document) -> Document:
        return {**body, "route": "iv"}

    upgrades = {"sessions.session_completed.v0": (SessionCompleted.name, with_route)}
    # A version 0 stands for any that came before today's.
    catalog = Catalog([SessionCompleted], upgrades)
    name, body = catalog.upgrade("sessions.session_completed.v0", {"session_id": "ses_1"})
    assert (name, body) == (SessionCompleted.name, {"session_id": "ses_1", "route": "iv"})


@pytest.mark.parametrize("body", [b"{}", b'{"dose": null}', b'{"dose": "much"}', b'{"dose": []}'])
def test_a_body_that_an_upgrade_cannot_read_is_undecodable_and_not_repeated(body: bytes) -> None:
    def with_milligrams(old: Document) -> Document:
        return {**old, "dose_mg": int(old["dose"]["mg"])}

    headers = {**COMPLETED.headers, "ce_type": b"sessions.session_completed.v2"}
    catalog = Catalog(
        [SessionCompleted],
        {"sessions.session_completed.v2": (SessionCompleted.name, with_milligrams)},
    )
    with pytest.raises(Undecodable) as caught:
        decode(COMPLETED._replace(headers=headers, value=body), catalog)
    assert "much" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_with_two_contracts_of_one_name_nothing_starts() -> None:
    class Impostor(SessionCompleted):
        pass

    with pytest.raises(CannotStart, match="Two contracts"):
        Catalog([SessionCompleted, Impostor]).check()


@pytest.mark.parametrize(
    "leads_to", ["sessions.session_completed.v7", "sessions.session_completed.v0"]
)
def test_with_an_upgrade_that_ends_at_no_contract_nothing_starts(leads_to: str) -> None:
    """The second goes round in a circle: a message of it would never come to its end."""
    upgrades = {"sessions.session_completed.v0": (leads_to, dict)}
    with pytest.raises(CannotStart, match="ends at no contract"):
        Catalog([SessionCompleted], upgrades).check()


FORGOTTEN = message_of(example(ContactCardForgotten, patient_id="pat_1"))


def test_a_tombstone_has_no_body_and_its_key_is_its_only_field() -> None:
    assert (FORGOTTEN.key, FORGOTTEN.value) == (b"pat_1", None)
    assert decode(FORGOTTEN).event == ContactCardForgotten(patient_id="pat_1")


@pytest.mark.parametrize("value", [b"", b"{}", b'{"patient_id": "pat_2"}'])
def test_a_tombstone_with_a_body_is_undecodable(value: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(FORGOTTEN._replace(value=value))


def test_a_tombstone_on_the_key_of_another_is_undecodable() -> None:
    with pytest.raises(Undecodable):
        decode(FORGOTTEN._replace(key=b"pat_2"))
