"""At the door: the answer to the next arrival names who is still there."""

from datetime import datetime, timedelta

from clinic_events.ports import Document
from tests.support.answers import done
from tests.support.sessions import TOMORROW
from tests.support.sessions_doors import Service


async def arrives(sessions: Service, visit: Document) -> Document:
    sessions.clock.move_to(datetime.fromisoformat(visit["starts_at"]))
    path = f"/v1/sessions/{visit['id']}/arrive"
    return done(await sessions.post(path, by="front_desk"))


async def test_the_arrival_of_the_next_visit_in_a_chair_names_who_is_still_there(
    sessions: Service,
) -> None:
    first = await sessions.booked("pat_1")
    after = TOMORROW + timedelta(hours=3)
    next_there = await sessions.booked("pat_2", after)
    beside = await sessions.booked("pat_3", after, chair="chair_2", nurse="nurse_ben")
    assert (await arrives(sessions, first))["still_there"] == []

    shown = await arrives(sessions, next_there)

    expected = {
        "session_id": first["id"],
        "places": ["chair_1", "lounge"],
        "overruns_since": first["ends_at"],
    }
    assert shown["still_there"] == [expected]
    # They share the lounge alone, which is for two: a person sees whether there is room.
    assert (await arrives(sessions, beside))["still_there"] == [expected]
    gates = await sessions.get(f"/v1/sessions/{next_there['id']}/readiness", by="nurse")
    assert done(gates)["still_there"] == [expected]
    board = done(await sessions.get("/v1/locations/loc_sample/board", by="nurse"))
    since = {card["session_id"]: card["overruns_since"] for card in board["cards"]}
    assert since == {first["id"]: first["ends_at"], next_there["id"]: None, beside["id"]: None}
    done(await sessions.post(f"/v1/sessions/{first['id']}/abort", {"reason": "unwell"}, by="nurse"))
    gates = await sessions.get(f"/v1/sessions/{next_there['id']}/readiness", by="nurse")
    assert done(gates)["still_there"] == []
