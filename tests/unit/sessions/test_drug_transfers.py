"""What was sent to another place of the group is received there, or somebody asks where it is."""

from dataclasses import replace
from datetime import datetime, timedelta

from clinic_sessions.domain.drugs import moving
from clinic_sessions.domain.drugs.transfers import not_arrived, receivers
from clinic_sessions.domain.drugs.vial import Vial
from tests.support.sessions import NOON
from tests.support.sessions_drugs import (
    BEN,
    a_hand,
    a_product,
    a_vial,
    an_empty_book,
    asking,
    taking,
)

THERE = "loc_elsewhere"


def sent(vial_id: str = "via_1", *, lot: str = "LOT-1", hours: int = 0) -> Vial:
    """From the store, under the number of a document."""
    vial = replace(a_vial(product=replace(a_product(), lot=lot)), id=vial_id)
    asked = asking(
        vial, a_hand(minutes=60 * hours), kind="transferred", place_id=THERE, reference="TRA-1"
    )
    return (after := vial.after(asked)).after(taking(after, a_hand(BEN, minutes=60 * hours)))


def received(*, number: int = 7, **changes: object) -> Vial:
    as_sent = {"lot": "LOT-1", "reference": "TRA-1", **changes}
    vial = an_empty_book(number, product=replace(a_product(), **as_sent))  # type: ignore[arg-type]  # its own
    return vial.after(moving.receive(vial, a_hand()))


def missing(
    vials: list[Vial], *there: Vial, sent_by: datetime = NOON + timedelta(hours=3)
) -> list[tuple[str | None, int]]:
    found = not_arrived(vials, {THERE: there}, sent_by=sent_by)
    return [(one.vial_id, one.expected) for one in found]


def test_what_came_under_its_document_is_not_missing() -> None:
    assert receivers([sent()]) == {THERE}
    assert missing([sent()], received()) == []


def test_what_did_not_come_is_missing_with_its_amount() -> None:
    assert missing([sent()]) == [("via_1", 500_000)]


def test_another_document_lot_code_or_amount_is_another_vial() -> None:
    others = (
        received(reference="TRA-2"),
        received(lot="LOT-2"),
        received(code="0000-0000-09"),
        received(volume_ml=a_product().volume_ml / 2),
    )
    assert missing([sent()], *others) == [("via_1", 500_000)]


def test_one_vial_that_came_answers_for_one_that_was_sent_the_first_one() -> None:
    two = [sent("via_2", hours=1), sent("via_1")]
    assert missing(two, received()) == [("via_2", 500_000)]
    assert missing(two, received(), received(number=8)) == []


def test_what_is_still_on_its_way_is_not_asked_for() -> None:
    assert missing([sent(hours=2)], sent_by=NOON + timedelta(hours=1)) == []


def test_what_stayed_here_is_nowhere_else() -> None:
    assert receivers([a_vial()]) == set()
    assert missing([a_vial()]) == []
