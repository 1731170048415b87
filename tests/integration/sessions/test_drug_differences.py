"""Sessions against the ledger: what differs is an incident of its amount, and blocks the vial."""

from datetime import UTC, date, datetime, timedelta

from clinic_sessions.domain.drugs.day import Closing
from clinic_sessions.domain.session import Session
from tests.support.sessions import NOON
from tests.support.sessions_pharmacy import Pharmacy

NIGHT = datetime(2030, 1, 8, 10, tzinfo=UTC)  # 04:00 in Chicago
ADMIN = "location_admin:adm"


async def given(pharmacy: Pharmacy, session: Session, mg: float = 41) -> str:
    """By a vial of its own, which is in the store again; its id."""
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=mg, given=True)
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    return vial


async def reconciled(pharmacy: Pharmacy, at: datetime) -> list[tuple[str, float, float]]:
    """Kind, expected and found of each incident, the oldest first."""
    pharmacy.clock.now = at
    await pharmacy.keep_promises()
    found = sorted(await pharmacy.incidents(), key=lambda incident: str(incident["opened_at"]))
    return [(one["kind"], one["expected_mg"], one["found_mg"]) for one in found]


async def explained(pharmacy: Pharmacy, incident_id: str, resolution: str = "explained") -> None:
    end = {"resolution": resolution, "reason": "paper_record"}
    await pharmacy.done(f"/locations/loc_sample/incidents/{incident_id}/close", end, by=ADMIN)


async def test_what_is_given_to_a_session_that_began_before_the_night_looks_back_is_compared(
    pharmacy: Pharmacy,
) -> None:
    """Drawn while it may be, given when nobody looks at the session any more."""
    session = await pharmacy.ended(await pharmacy.dosed())
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=51)
    pharmacy.clock.now = NOON + timedelta(days=8)
    await pharmacy.keep_promises()  # the nights until now were missed
    await pharmacy.done(f"/vials/{vial}/give", {"session_id": session.id, "mg": 51})
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    await pharmacy.counted(vial, 449)
    closing = {"day": "2030-01-15"}
    refused = await pharmacy.post("/locations/loc_sample/day-closings", closing)
    kinds = [conflict["kind"] for conflict in refused.json()["conflicts"]]
    assert (refused.status_code, kinds) == (409, ["given_differs"])
    assert await reconciled(pharmacy, NIGHT + timedelta(days=8)) == [("given_differs", 41, 51)]


async def test_another_amount_is_another_incident_even_after_the_first_was_explained(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    assert await reconciled(pharmacy, NIGHT) == [("given_differs", 41, 30)]
    [first] = await pharmacy.incidents()
    await explained(pharmacy, first["id"])
    assert len(await reconciled(pharmacy, NIGHT + timedelta(days=1))) == 1
    await pharmacy.counted(vial, 470, shift="start")
    await pharmacy.drawn(vial, session, mg=20, given=True)
    await pharmacy.done(f"/vials/{vial}/return", {"to": "store"})
    await pharmacy.counted(vial, 450)
    refused = await pharmacy.post("/locations/loc_sample/day-closings", {"day": "2030-01-09"})
    assert [c["kind"] for c in refused.json()["conflicts"]] == ["given_differs"]
    incidents = await reconciled(pharmacy, NIGHT + timedelta(days=2))
    assert incidents == [("given_differs", 41, 30), ("given_differs", 41, 50)]


async def test_a_day_closes_over_a_difference_that_a_person_has_explained(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    await pharmacy.counted(vial, 470)
    await reconciled(pharmacy, NIGHT)
    closing = {"day": "2030-01-07"}
    refused = await pharmacy.post("/locations/loc_sample/day-closings", closing)
    kinds = [conflict["kind"] for conflict in refused.json()["conflicts"]]
    assert kinds == ["incident", "given_differs"]
    [incident] = await pharmacy.incidents()
    await explained(pharmacy, incident["id"])
    assert (await pharmacy.done("/locations/loc_sample/day-closings", closing))["vials"] == 1


async def test_a_difference_blocks_the_vial_until_a_person_has_closed_it(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    await reconciled(pharmacy, NIGHT)
    [incident] = await pharmacy.incidents()
    await pharmacy.counted(vial, 470, shift="start")
    blocked = await pharmacy.post(f"/vials/{vial}/check-out")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "vial_blocked")
    assert blocked.json()["conflicts"][0]["incident_id"] == incident["id"]
    await explained(pharmacy, incident["id"], "written_off")
    free = await pharmacy.taken(vial)
    assert (free["blocked_by"], free["remaining_mg"]) == (None, 470)  # the patient has the rest


async def test_what_was_left_in_a_syringe_is_written_off_from_there(pharmacy: Pharmacy) -> None:
    session = await pharmacy.dosed()
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=45)
    await pharmacy.done(f"/vials/{vial}/give", {"session_id": session.id, "mg": 41})
    await pharmacy.ended(session)
    assert await reconciled(pharmacy, NIGHT) == [("syringe_open", 0, 4)]
    [incident] = await pharmacy.incidents()
    await explained(pharmacy, incident["id"], "written_off")
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    left = {row["kind"]: row["mg"] for row in shown["balances"]}
    assert (left["syringe"], left["unaccounted"], left["with"]) == (0, 4, 455)


async def test_a_vial_stays_blocked_until_the_last_incident_about_it_is_closed(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session, mg=30)
    await pharmacy.ended(session)
    await reconciled(pharmacy, NIGHT)
    [first] = await pharmacy.incidents()
    count = {"shift": "end", "mg": 400}
    for person in ("nurse:ada", "nurse:ben"):  # two who find the same: one incident
        await pharmacy.done(f"/vials/{vial}/counts", count, by=person)
    [second] = [one for one in await pharmacy.incidents() if one["id"] != first["id"]]
    assert second["kind"] == "count_differs"
    await explained(pharmacy, first["id"])
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    assert shown["blocked_by"] == second["id"]
    await explained(pharmacy, second["id"], "written_off")
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    assert (shown["blocked_by"], shown["remaining_mg"]) == (None, 400)


async def test_a_count_of_another_amount_blocks_the_vial_after_the_first_was_closed(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received(is_multi_dose=False)
    await pharmacy.counted(vial, 500, shift="start")
    for mg, person in ((498, "nurse:ada"), (490, "nurse:ben")):
        await pharmacy.done(f"/vials/{vial}/counts", {"shift": "end", "mg": mg}, by=person)
    incidents = {one["found_mg"]: one["id"] for one in await pharmacy.incidents()}
    assert set(incidents) == {498, 490}
    pharmacy.clock.now += timedelta(minutes=5)
    await explained(pharmacy, incidents[498], "written_off")
    blocked = await pharmacy.post(f"/vials/{vial}/check-out")
    assert (blocked.status_code, blocked.json()["code"]) == (409, "vial_blocked")
    assert blocked.json()["conflicts"][0]["incident_id"] == incidents[490]
    # Eight of the ten that the second found missing: two are written off.
    await explained(pharmacy, incidents[490], "written_off")
    free = (await pharmacy.get(f"/vials/{vial}")).json()
    assert (free["blocked_by"], free["remaining_mg"]) == (None, 490)


async def test_what_the_newer_count_has_written_off_the_older_does_not_again(
    pharmacy: Pharmacy,
) -> None:
    vial = await pharmacy.received(is_multi_dose=False)
    for mg, person in ((498, "nurse:ada"), (490, "nurse:ben")):
        await pharmacy.done(f"/vials/{vial}/counts", {"shift": "end", "mg": mg}, by=person)
    incidents = {one["found_mg"]: one["id"] for one in await pharmacy.incidents()}
    pharmacy.clock.now += timedelta(minutes=5)
    await explained(pharmacy, incidents[490], "written_off")
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    assert (shown["blocked_by"], shown["remaining_mg"]) == (incidents[498], 490)
    await explained(pharmacy, incidents[498], "written_off")
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    assert (shown["blocked_by"], shown["remaining_mg"]) == (None, 490)


async def test_what_was_given_and_is_taken_back_long_after_opens_an_incident_at_once(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session)
    await pharmacy.ended(session)
    pharmacy.clock.now = NOON + timedelta(days=9)
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    [wrong] = [entry["number"] for entry in shown["entries"] if entry["kind"] == "given"]
    path = f"/vials/{vial}/corrections"
    corrected = await pharmacy.done(path, {"corrects": wrong}, by="prescriber:pre")
    incidents = {one["kind"]: one for one in await pharmacy.incidents()}
    assert set(incidents) == {"given_differs", "syringe_open"}
    assert (incidents["given_differs"]["expected_mg"], incidents["given_differs"]["found_mg"]) == (
        41,
        0,
    )
    assert corrected["blocked_by"] in {one["id"] for one in incidents.values()}
    await reconciled(pharmacy, NIGHT + timedelta(days=9))
    assert len(await pharmacy.incidents()) == 2


async def test_a_correction_soon_after_is_left_to_the_night(pharmacy: Pharmacy) -> None:
    session = await pharmacy.dosed()
    vial = await given(pharmacy, session)
    await pharmacy.ended(session)
    shown = (await pharmacy.get(f"/vials/{vial}")).json()
    [wrong] = [entry["number"] for entry in shown["entries"] if entry["kind"] == "given"]
    path = f"/vials/{vial}/corrections"
    await pharmacy.done(path, {"corrects": wrong}, by="prescriber:pre")
    assert await pharmacy.incidents() == []
    assert len(await reconciled(pharmacy, NIGHT)) == 2


async def test_what_is_written_off_on_a_day_that_is_closed_leaves_the_incident_open(
    pharmacy: Pharmacy,
) -> None:
    session = await pharmacy.dosed()
    vial = await pharmacy.received()
    await pharmacy.drawn(vial, session, mg=45)
    await pharmacy.done(f"/vials/{vial}/give", {"session_id": session.id, "mg": 41})
    await pharmacy.ended(session)
    await reconciled(pharmacy, NIGHT)
    [incident] = await pharmacy.incidents()
    days = pharmacy.handlers.drugs.days
    closing = Closing(
        location_id="loc_sample",
        day=date(2030, 1, 8),
        closed_by="usr_ada",
        closed_at=NIGHT,
        vials=1,
    )
    await days.close(closing)
    end = {"resolution": "written_off", "reason": "paper_record"}
    path = f"/locations/loc_sample/incidents/{incident['id']}/close"
    refused = await pharmacy.post(path, end, by=ADMIN)
    assert (refused.status_code, refused.json()["code"]) == (409, "day_closed")
    [still] = await pharmacy.incidents()
    assert still["closed_at"] is None
