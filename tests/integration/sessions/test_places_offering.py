"""What a change of a location does to bookings of what it offers, and to whoever is there now."""

from datetime import timedelta

from clinic_events.ports import Document
from tests.support.answers import done, refused
from tests.support.sessions import TOMORROW
from tests.support.sessions_changes import BROKEN, ONLY_CHAIR_2, applied, kinds, planned
from tests.support.sessions_doors import Service, a_document


async def test_a_protocol_that_is_not_offered_any_more_breaks_its_bookings_and_takes_no_new_ones(
    sessions: Service,
) -> None:
    booked, plan_id = await sessions.booked("pat_1"), await sessions.cleared("pat_2")
    wish = {"plan_id": plan_id, "starts_at": (TOMORROW + timedelta(hours=3)).isoformat()}
    hold = done(await sessions.post("/v1/holds", wish, by="nurse"))
    without: Document = {"protocols": [], "registration": None}
    plan = await planned(sessions, **without)
    assert kinds(plan) == {"protocol_not_offered": 1, "registration_missing": 1}
    assert (plan["broken"], [one["kind"] for one in plan["promised"]]) == (1, ["hold"])
    await applied(sessions, **without)

    [broken] = done(await sessions.get(BROKEN, by="nurse"))["items"]
    assert (broken["session_id"], broken["repairs"]) == (booked["id"], [])
    for path, wanted in (
        ("/v1/sessions", wish),
        (f"/v1/holds/{hold['id']}/confirm", None),
        (f"/v1/sessions/{booked['id']}/reschedule", {"starts_at": wish["starts_at"]}),
    ):
        problem = refused(await sessions.post(path, wanted, by="nurse"), 409, "not_bookable")
        assert [one["kind"] for one in problem["conflicts"]] == ["not_offered"]
    until = (TOMORROW + timedelta(hours=6)).isoformat()
    asked = {"plan_id": plan_id, "from": TOMORROW.isoformat(), "to": until}
    slots = done(await sessions.get("/v1/slots", by="nurse", **asked))["items"]
    assert {(one["chair"], one["conflicts"][0]["kind"]) for one in slots} == {(None, "not_offered")}


async def test_a_registration_that_ends_before_a_visit_is_in_the_plan_and_breaks_nothing(
    sessions: Service,
) -> None:
    await sessions.booked("pat_1")
    registration = {**a_document()["registration"], "expires_on": "2030-01-07"}
    plan = await planned(sessions, registration=registration)
    assert (kinds(plan), plan["broken"]) == ({"registration_missing": 1}, 0)


async def test_whoever_is_in_a_chair_now_is_among_those_a_change_touches(
    sessions: Service,
) -> None:
    booked = await sessions.booked("pat_1")
    sessions.clock.move_to(TOMORROW)
    done(await sessions.post(f"/v1/sessions/{booked['id']}/arrive", by="nurse"))
    sessions.clock.move_to(TOMORROW + timedelta(hours=9))
    plan = await planned(sessions, chairs=ONLY_CHAIR_2)
    assert (kinds(plan), plan["broken"]) == ({"place_lost": 1}, 1)
    await applied(sessions, chairs=ONLY_CHAIR_2)
    [broken] = done(await sessions.get(BROKEN, by="nurse"))["items"]
    assert (broken["session_id"], broken["repairs"]) == (booked["id"], [])
