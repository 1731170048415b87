"""Orders beside the dose: what the log holds, and what it could not hold before."""

from datetime import timedelta

import pytest

from clinic_platform.data import load
from clinic_sessions.domain.bedside import dosing
from clinic_sessions.domain.bedside.orders import Medicine, OrderEntry, read_orders
from clinic_sessions.domain.errors import NoSuchOrder, NothingIsGiven, TimeOutOfOrder
from clinic_sessions.domain.facts import Arrived, DoseOrdered
from clinic_sessions.store import documents
from tests.support.sessions import NOON, a_session
from tests.support.sessions_drugs import an_ended_session

BOOK = read_orders(load("clinic_sessions", "orders.yaml"))
HERE = a_session(Arrived(NOON))
ONDANSETRON = Medicine(drug="ondansetron", dose=4, unit="mg", route="iv")


def logged(
    order: str, medicine: Medicine | None = None, *, given_in_minutes: float = 0
) -> OrderEntry:
    entry = OrderEntry(
        order=order,
        role="nurse",
        by="usr_ada",
        given_at=NOON + timedelta(minutes=given_in_minutes),
        logged_at=NOON,
        ordered_by="usr_petra",
        given_by="usr_ben",
        medicine=medicine,
    )
    return dosing.log_order(HERE, entry, book=BOOK).entry


def test_a_medicine_given_may_be_logged_with_its_dose_or_without() -> None:
    assert logged("ondansetron", ONDANSETRON).medicine == ONDANSETRON
    assert logged("ondansetron").medicine is None


def test_an_order_by_which_nothing_is_given_has_no_medicine() -> None:
    with pytest.raises(NothingIsGiven):
        logged("reduce_stimulation", ONDANSETRON)


def test_an_order_outside_the_book_or_in_the_future_is_refused() -> None:
    with pytest.raises(NoSuchOrder):
        logged("aspirin", ONDANSETRON)
    with pytest.raises(TimeOutOfOrder):
        logged("ondansetron", ONDANSETRON, given_in_minutes=1)


def test_a_session_that_was_kept_before_is_read_without_the_fields_nobody_sent_then() -> None:
    order = an_ended_session().order
    assert order is not None
    session = HERE.after(DoseOrdered(order)).after(
        dosing.log_order(
            HERE,
            OrderEntry(order="oxygen", role="nurse", by="usr_ada", given_at=NOON, logged_at=NOON),
            book=BOOK,
        )
    )
    old = documents.of_session(session)
    for name in ("ordered_by", "given_by", "medicine"):
        del old["orders"][0][name]
    del old["order"]["concentration_mg_per_ml"]
    read = documents.session_in(old)
    [entry] = read.orders
    assert (entry.ordered_by, entry.given_by, entry.medicine) == (None, None, None)
    assert read.order is not None
    assert (read.order.volume_ml, read.order.concentration_mg_per_ml) == (0.82, None)
