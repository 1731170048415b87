"""The ports of controlled drugs keep their promises, in memory and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from clinic_platform.testing import FixedClock
from clinic_sessions.domain.drugs import moving
from clinic_sessions.domain.drugs.counting import Count
from clinic_sessions.domain.drugs.day import Closing
from clinic_sessions.domain.drugs.esketamine import Due, MonitoringForm, Withdrawn
from clinic_sessions.domain.drugs.incident import Incident, Report
from clinic_sessions.domain.drugs.past import vial_then
from clinic_sessions.domain.drugs.sources import Value
from clinic_sessions.domain.drugs.vial import (
    CheckOut,
    CheckOutAsked,
    Counted,
    DiscrepancyFound,
    Released,
    Vial,
    WasteSeen,
)
from clinic_sessions.domain.drugs.vial import Fact as VialFact
from clinic_sessions.domain.errors import Conflict, IncidentNotFound, VialNotFound
from clinic_sessions.domain.facts import Booked, DosingStarted, Fact
from clinic_sessions.domain.session import Session
from clinic_sessions.ports import DrugDesk, Sessions
from tests.support.databases import connected
from tests.support.sessions import GATES, NOON, TOMORROW, a_visit, good_facts
from tests.support.sessions_bookings import InMemorySessions
from tests.support.sessions_drugs import (
    ADA,
    BEN,
    DEE,
    a_hand,
    a_product,
    a_waste,
    an_empty_book,
    an_ended_session,
    asking,
    taking,
)
from tests.support.sessions_drugs_stores import desk_in_memory, desk_in_mongo
from tests.support.sessions_ports import in_memory, in_mongo

LATER = NOON + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ports:
    desk: DrugDesk
    sessions: Sessions
    clock: FixedClock


@pytest.fixture(params=["in_memory", "motor", "pymongo"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    clock = FixedClock(NOON)
    if request.param == "in_memory":
        sessions = in_memory().sessions
        assert isinstance(sessions, InMemorySessions)
        yield Ports(desk_in_memory(sessions.rows, clock), sessions, clock)
        return
    url: str = request.getfixturevalue("mongo_url")
    async with connected(url, "drug desk's ports", request.param) as database:
        kept = await in_mongo(database)
        yield Ports(await desk_in_mongo(database, clock), kept.sessions, clock)


async def received(ports: Ports, number: int = 1, *, drug: str = "ketamine") -> Vial:
    vial = an_empty_book(number, product=a_product(drug=drug))
    vial = await ports.desk.vials.record(vial, moving.receive(vial, a_hand()))
    return await ports.desk.vials.record(vial, moving.store(vial, a_hand()))


async def drawn(ports: Ports, vial: Vial, *, hand: moving.Hand) -> Vial:
    vial = await ports.desk.vials.record(vial, asking(vial, hand))
    vial = await ports.desk.vials.record(vial, taking(vial, a_hand(DEE)))
    draw = moving.draw(vial, hand, session_id="ses_1", micrograms=41_125)
    return await ports.desk.vials.record(vial, draw)


async def sent_away(ports: Ports, vial: Vial) -> None:
    away = asking(vial, a_hand(), kind="returned", reference="RET-1")
    vial = await ports.desk.vials.record(vial, away)
    await ports.desk.vials.record(vial, taking(vial, a_hand(DEE)))


async def test_what_is_not_there_is_not_found(ports: Ports) -> None:
    with pytest.raises(VialNotFound):
        await ports.desk.vials.get("via_none")
    with pytest.raises(IncidentNotFound):
        await ports.desk.incidents.get("inc_none")
    assert await ports.desk.incidents.find("inc_none") is None
    assert await ports.desk.forms.find("ses_none") is None
    assert await ports.desk.vials.histories(["via_none"]) == {"via_none": []}


async def test_a_vial_is_kept_whole_with_all_that_happened_to_it(ports: Ports) -> None:
    vial = await drawn(ports, await received(ports), hand=a_hand())
    count = Count(shift="end", found=1, expected=2, tolerance=0, at=NOON, by=ADA)
    asked = CheckOut(id="out_2", by=ADA, at=NOON)
    facts: tuple[VialFact, ...] = (
        CheckOutAsked(asked),
        WasteSeen(a_waste(seen_by=(BEN,))),
        Counted(count),
        DiscrepancyFound(count, "inc_1"),
        Released("inc_1", None),
        DiscrepancyFound(None, "inc_2"),
    )
    for fact in facts:
        vial = await ports.desk.vials.record(vial, fact)
    assert await ports.desk.vials.get(vial.id) == vial
    other = await received(ports, 2)
    histories = await ports.desk.vials.histories([vial.id, other.id])
    assert [one.fact for one in histories[vial.id]][-6:] == list(facts)
    again = [vial_then(one, histories[one.id], NOON) for one in (vial, other)]
    assert again == [vial, other]


async def test_a_fact_of_a_vial_is_recorded_with_its_time(ports: Ports) -> None:
    vial = await received(ports)
    ports.clock.move_to(NOON + timedelta(hours=1))
    await drawn(ports, vial, hand=a_hand())
    history = (await ports.desk.vials.histories([vial.id]))[vial.id]
    assert [one.at for one in history] == [NOON] * 2 + [NOON + timedelta(hours=1)] * 3


async def test_of_two_who_do_something_with_one_vial_the_second_is_refused(ports: Ports) -> None:
    vial = await received(ports)
    mine, theirs = (asking(vial, a_hand(by)) for by in (ADA, BEN))
    after = await ports.desk.vials.record(vial, mine)
    with pytest.raises(Conflict):
        await ports.desk.vials.record(vial, theirs)
    assert await ports.desk.vials.get(vial.id) == after
    assert len((await ports.desk.vials.histories([vial.id]))[vial.id]) == 3


async def test_of_two_vials_with_one_id_there_is_one(ports: Ports) -> None:
    await received(ports)
    with pytest.raises(Conflict):
        await received(ports)


async def test_vials_come_by_page_and_the_settled_ones_only_if_asked_for(ports: Ports) -> None:
    for number in (3, 1, 2):
        await received(ports, number)
    vial = await ports.desk.vials.get("via_2")
    await sent_away(ports, vial)
    page = ports.desk.vials.page
    first = await page("loc_sample", after=None, limit=2, is_open=False)
    rest = await page("loc_sample", after="via_2", limit=2, is_open=False)
    still_open = await page("loc_sample", after=None, limit=5, is_open=True)
    assert [vial.id for vial in first] == ["via_1", "via_2"]
    assert [vial.id for vial in rest] == ["via_3"]
    assert [vial.id for vial in still_open] == ["via_1", "via_3"]
    assert await page("loc_elsewhere", after=None, limit=5, is_open=False) == []


async def test_a_place_has_what_is_open_and_what_moved_since(ports: Ports) -> None:
    vial = await received(ports)
    await sent_away(ports, vial)
    await received(ports, 2)
    here = ports.desk.vials.of_location
    assert [v.id for v in await here("loc_sample", since=NOON)] == ["via_1", "via_2"]
    assert [v.id for v in await here("loc_sample", since=LATER)] == ["via_2"]


async def test_vials_are_found_by_their_session_and_a_ledger_by_its_drug(ports: Ports) -> None:
    vial = await drawn(ports, await received(ports), hand=a_hand())
    await received(ports, 2, drug="esketamine")
    assert await ports.desk.vials.for_session("ses_1") == [vial]
    assert await ports.desk.vials.for_session("ses_2") == []
    assert await ports.desk.vials.keeps("loc_sample", "ketamine")
    assert not await ports.desk.vials.keeps("loc_elsewhere", "ketamine")
    assert not await ports.desk.vials.keeps("loc_sample", "midazolam")


def an_incident(number: int = 1, *, session_id: str | None = None) -> Incident:
    return Incident(
        id=f"inc_{number}",
        location_id="loc_sample",
        kind="count_differs",
        vial_id="via_1",
        session_id=session_id,
        expected=5,
        found=4,
        opened_at=NOON,
        opened_by=ADA,
        reports=(Report(report="form_106", due_at=LATER),),
    )


async def test_an_incident_is_kept_whole_and_of_two_the_second_is_refused(ports: Ports) -> None:
    kept = await ports.desk.incidents.record(an_incident(), an_incident().open())
    with pytest.raises(Conflict):
        await ports.desk.incidents.record(an_incident(), an_incident().open())
    closed = kept.close("theft_or_significant_loss", "missing", by=BEN, now=NOON)
    after = await ports.desk.incidents.record(kept, closed)
    reported = after.report("form_106", "F-1", by=BEN, now=LATER)
    after = await ports.desk.incidents.record(after, reported)
    with pytest.raises(Conflict):
        await ports.desk.incidents.record(kept, closed)
    assert await ports.desk.incidents.get("inc_1") == after
    assert await ports.desk.incidents.find("inc_1") == after


async def test_incidents_come_by_page_and_those_of_a_place_that_are_open_at_once(
    ports: Ports,
) -> None:
    for number in (1, 2):
        incident = an_incident(number, session_id=f"ses_{number}")
        await ports.desk.incidents.record(incident, incident.open())
    first = await ports.desk.incidents.get("inc_1")
    closed = first.close("explained", "paper_record", by=BEN, now=NOON)
    await ports.desk.incidents.record(first, closed)
    page = ports.desk.incidents.page
    both = await page("loc_sample", after=None, limit=9, is_open=False)
    still_open = await page("loc_sample", after=None, limit=9, is_open=True)
    assert [incident.id for incident in both] == ["inc_1", "inc_2"]
    assert [incident.id for incident in still_open] == ["inc_2"]
    after = await page("loc_sample", after="inc_1", limit=1, is_open=False)
    assert [incident.id for incident in after] == ["inc_2"]
    open_at = ports.desk.incidents.open_at
    assert [incident.id for incident in await open_at("loc_sample")] == ["inc_2"]
    assert await open_at("loc_elsewhere") == []


async def test_a_day_is_open_until_it_is_closed_and_the_newest_comes_first(ports: Ports) -> None:
    days = [date(2030, 1, day) for day in (5, 6, 7)]
    for day in days:
        assert await ports.desk.days.queue_for("loc_sample", day) is None
        assert await ports.desk.days.find("loc_sample", day) is None
        closing = Closing(location_id="loc_sample", day=day, closed_by=ADA, closed_at=NOON, vials=2)
        await ports.desk.days.close(closing)
        assert await ports.desk.days.queue_for("loc_sample", day) == closing
        assert await ports.desk.days.find("loc_sample", day) == closing
    assert await ports.desk.days.queue_for("loc_elsewhere", days[0]) is None
    newest = await ports.desk.days.page("loc_sample", before=None, limit=2)
    older = await ports.desk.days.page("loc_sample", before=days[1], limit=2)
    assert [closing.day for closing in newest] == [days[2], days[1]]
    assert [closing.day for closing in older] == [days[0]]
    assert await ports.desk.days.page("loc_elsewhere", before=None, limit=2) == []


async def test_dosed_sessions_come_by_when_dosing_began(ports: Ports) -> None:
    session = Session(
        id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )
    order = an_ended_session().order
    assert order is not None
    receipt = GATES.decide(good_facts(TOMORROW), as_of=TOMORROW)
    facts: tuple[Fact, ...] = (Booked(a_visit()), DosingStarted(TOMORROW, order, "iv", receipt))
    for fact in facts:
        session = await ports.sessions.record(session, fact)
    between, until = ports.desk.dosed.between, TOMORROW + timedelta(minutes=1)
    assert await between("loc_sample", TOMORROW, until) == [session]
    assert await between("loc_sample", NOON, TOMORROW) == []
    assert await between("loc_elsewhere", NOON, until) == []


async def test_a_form_is_kept_whole_and_of_two_the_second_is_refused(ports: Ports) -> None:
    form = MonitoringForm(
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        field_map="esketamine-monitoring@1",
        due_at=LATER,
    )
    made = await ports.desk.forms.record(form, Due())
    with pytest.raises(Conflict):
        await ports.desk.forms.record(form, Due())
    values: dict[str, Value] = {
        "dose_mg": 41.5,
        "lot": "LOT-1",
        "sedation": False,
        "monitored_minutes": 130,
    }
    sent = made.submit("FAX-1", values, missing=["x"], by_hand={"x": 20}, by=ADA, now=NOON)
    after = await ports.desk.forms.record(made, sent)
    assert await ports.desk.forms.find("ses_1") == after
    with pytest.raises(Conflict):
        await ports.desk.forms.record(made, Withdrawn())
    assert replace(after, submitted=None).revision == 2
