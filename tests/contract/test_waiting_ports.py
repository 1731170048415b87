"""The ports of the wait-list keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from clinic_sessions.domain.booking.preferences import DAY_PARTS, DayPart, Preference
from clinic_sessions.domain.errors import (
    AlreadyWaiting,
    Conflict,
    OfferNotFound,
    SlotTaken,
    WaitingNotFound,
)
from clinic_sessions.domain.facts import Booked, Cancelled
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.waiting.entry import BOOKED
from tests.support.sessions import NOON, TOMORROW, a_hold, a_plan, a_visit
from tests.support.sessions_ports import KINDS, Ports, the_ports
from tests.support.sessions_waiting import a_waiting, an_offer

HERE = frozenset({"loc_sample"})
HOUR = timedelta(hours=1)
LATER = TOMORROW + HOUR


@pytest.fixture(params=KINDS)
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    async with the_ports(request) as ports:
        yield ports


async def test_what_is_not_there_is_not_found(ports: Ports) -> None:
    with pytest.raises(WaitingNotFound):
        await ports.waiting.entries.get("wtl_none")
    with pytest.raises(OfferNotFound):
        await ports.waiting.offers.get("ofr_none")
    assert await ports.waiting.entries.of_plan("pln_none") is None
    assert await ports.waiting.offers.open_of("pat_none") is None


async def test_an_entry_is_kept_whole(ports: Ports) -> None:
    entries = ports.waiting.entries
    lunch = DayPart(starts=time(11, 30), ends=time(13))
    preference = Preference(
        parts=(DAY_PARTS["afternoon"], lunch), not_on=frozenset({"friday", "monday"})
    )
    waiting = a_waiting(since=NOON, preference=preference, session_id="ses_1")
    waiting = await entries.record(waiting, waiting.join())
    urgent = waiting.prioritise(2, "symptoms_worse", by="usr_eve", now=NOON)
    waiting = await entries.record(waiting, urgent)
    waiting = await entries.record(waiting, waiting.ask(TOMORROW))
    assert await entries.get(waiting.id) == waiting == await entries.of_plan("pln_1")
    assert (waiting.revision, waiting.asked) == (3, (TOMORROW,))
    ended = await entries.record(waiting, waiting.end(BOOKED, now=NOON))
    assert await entries.get(waiting.id) == ended
    assert await entries.of_plan("pln_1") is None


async def test_a_plan_waits_once_at_a_time(ports: Ports) -> None:
    entries = ports.waiting.entries
    first = await entries.record(a_waiting(1), a_waiting(1).join())
    second = replace(a_waiting(2), plan_id="pln_1")
    with pytest.raises(AlreadyWaiting):
        await entries.record(second, second.join())
    await entries.record(first, first.withdraw(now=NOON))
    await entries.record(second, second.join())
    assert (await entries.of_plan("pln_1")) == second.after(second.join())


async def test_the_second_of_two_who_change_an_entry_is_refused(ports: Ports) -> None:
    entries = ports.waiting.entries
    waiting = await entries.record(a_waiting(), a_waiting().join())
    await entries.record(waiting, waiting.withdraw(now=NOON))
    with pytest.raises(Conflict):
        await entries.record(waiting, waiting.ask(TOMORROW))


async def test_those_who_wait_are_listed_in_order_by_place_and_by_page(ports: Ports) -> None:
    entries = ports.waiting.entries
    for one in (
        a_waiting(1, joined=3),
        a_waiting(2, joined=1),
        a_waiting(3, joined=4, level=1),
        a_waiting(4, joined=5, level=3),
        a_waiting(5, until=TOMORROW),
        a_waiting(6, location_id="loc_elsewhere"),
        a_waiting(7),
    ):
        await entries.record(one, one.join())
    gone = await entries.get("wtl_7")
    await entries.record(gone, gone.withdraw(now=NOON))
    found = await entries.at(HERE, now=TOMORROW)
    assert [one.id for one in found] == ["wtl_4", "wtl_3", "wtl_2", "wtl_1"]
    assert [one.id for one in await entries.at(HERE, now=NOON)][2] == "wtl_5"
    page = await entries.at(HERE, now=TOMORROW, after=found[0].order, limit=2)
    assert [one.id for one in page] == ["wtl_3", "wtl_2"]
    everywhere = await entries.at(None, now=TOMORROW)
    assert {one.id for one in everywhere} == {"wtl_1", "wtl_2", "wtl_3", "wtl_4", "wtl_6"}
    assert await entries.at(frozenset(), now=NOON) == []


async def test_an_offer_is_kept_whole_and_published_at_its_beginning_and_its_end(
    ports: Ports,
) -> None:
    offers = ports.waiting.offers
    offer = await offers.record(an_offer(), an_offer().make())
    assert await offers.get("ofr_1") == offer == await offers.open_of("pat_1")
    accepted = await offers.record(offer, offer.accept(by="usr_ada", now=NOON))
    assert await offers.get("ofr_1") == accepted
    assert await offers.open_of("pat_1") is None
    assert ports.published == ["OfferMade", "OfferEnded"]


async def test_of_two_who_answer_an_offer_one_is_taken(ports: Ports) -> None:
    offers = ports.waiting.offers
    offer = await offers.record(an_offer(), an_offer().make())
    await offers.record(offer, offer.decline(by="usr_ada", now=NOON))
    with pytest.raises(Conflict):
        await offers.record(offer, offer.accept(by="usr_ben", now=NOON))
    assert ports.published == ["OfferMade", "OfferEnded"]


async def test_a_person_has_one_open_offer_at_most(ports: Ports) -> None:
    offers = ports.waiting.offers
    first = await offers.record(an_offer(1), an_offer(1).make())
    with pytest.raises(Conflict):
        await offers.record(an_offer(2), an_offer(2).make())
    late = first.pass_on(now=NOON + timedelta(hours=2))
    assert late is not None
    await offers.record(first, late)
    await offers.record(an_offer(2), an_offer(2).make())
    assert ports.published == ["OfferMade", "OfferEnded", "OfferMade"]


async def test_open_offers_are_listed_by_place_and_by_page(ports: Ports) -> None:
    offers = ports.waiting.offers
    for offer in (an_offer(n, patient=n) for n in (3, 1, 2)):
        await offers.record(offer, offer.make())
    elsewhere = an_offer(4, patient=4, location_id="loc_elsewhere")
    await offers.record(elsewhere, elsewhere.make())
    gone = await offers.get("ofr_2")
    await offers.record(gone, gone.decline(by="usr_ada", now=NOON))
    assert [one.id for one in await offers.open_at(HERE)] == ["ofr_1", "ofr_3"]
    assert [one.id for one in await offers.open_at(HERE, after="ofr_1", limit=1)] == ["ofr_3"]
    assert [one.id for one in await offers.open_at(None)] == ["ofr_1", "ofr_3", "ofr_4"]


@pytest.mark.parametrize(("instead_of", "held"), [(None, (TOMORROW,)), ("ses_9", ())])
async def test_a_hold_that_a_booking_would_move_into_takes_no_further_place_in_its_series(
    ports: Ports, instead_of: str | None, held: tuple[datetime, ...]
) -> None:
    hold = replace(a_hold(), offer_id="ofr_1", instead_of=instead_of)
    taken = await ports.holds.record(hold, hold.take())
    assert await ports.holds.get(hold.id) == taken
    around = await ports.sessions.around(a_plan(), since=TOMORROW, until=TOMORROW, now=NOON)
    assert around.held == held
    assert around.busy, "Its seats are taken all the same."


async def test_a_hold_beside_the_booking_it_stands_instead_of_takes_what_that_has_not(
    ports: Ports,
) -> None:
    """Of nine to eleven, for whoever is booked from ten on; the booking ends: ten is free."""
    booking = await ports.sessions.record(a_visitor("ses_9"), Booked(a_visit(LATER)))
    hold = replace(a_hold(a_visit()), offer_id="ofr_1", instead_of="ses_9")
    with pytest.raises(SlotTaken):
        await ports.holds.record(replace(hold, instead_of=None), hold.take())
    taken = await ports.holds.record(hold, hold.take())
    earlier = Booked(a_visit(TOMORROW - HOUR, patient_id="pat_2"))
    same = Booked(a_visit(LATER, patient_id="pat_2", nurse="nurse_ben"))
    for fact in (earlier, same):
        with pytest.raises(SlotTaken):
            await ports.sessions.record(a_visitor("ses_8", patient=2), fact)
    await ports.holds.record(taken, taken.release(now=NOON))
    await ports.sessions.record(a_visitor("ses_8", patient=2), earlier)
    cancelled = Cancelled("ill", short_notice=False)
    await ports.sessions.record(booking, cancelled)
    third = a_visit(LATER, patient_id="pat_3")
    await ports.sessions.record(a_visitor("ses_7", patient=3), Booked(third))


def a_visitor(session_id: str, *, patient: int = 1) -> Session:
    return Session(
        id=session_id,
        patient_id=f"pat_{patient}",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )
