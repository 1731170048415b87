"""What was on hand at a time: a vial, and all of a place, at the doors."""

from datetime import datetime, timedelta
from typing import Any

from tests.support.sessions_pharmacy import Pharmacy, amounts, is_refused

PLACE = "/locations/loc_sample/vials"


async def then(pharmacy: Pharmacy, path: str, at: datetime, **query: str) -> Any:
    answer = await pharmacy.get(path, as_of=at.isoformat(), **query)
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_vial_is_shown_as_it_was(pharmacy: Pharmacy) -> None:
    came_at = pharmacy.clock()
    vial, session = await pharmacy.received(), await pharmacy.dosed()
    counted = (await pharmacy.get(f"/vials/{vial}")).json()
    pharmacy.clock.move_to(came_at + timedelta(minutes=20))
    await pharmacy.drawn(vial, session, given=True)

    before = came_at + timedelta(minutes=19)
    was = await pharmacy.get(f"/vials/{vial}", as_of=before.isoformat())
    assert was.json() == counted
    assert was.headers["ETag"] == f'"{counted["version"]}"'
    assert amounts(await then(pharmacy, f"/vials/{vial}", pharmacy.clock()))["patient:ses_1"] == 41
    unknown = {"as_of": pharmacy.clock().isoformat(), "known_at": before.isoformat()}
    assert (await pharmacy.get(f"/vials/{vial}", **unknown)).json() == counted
    none = await pharmacy.get(f"/vials/{vial}", as_of=(came_at - timedelta(seconds=1)).isoformat())
    is_refused(none, 404, "vial_not_found")


async def test_the_stock_of_a_place_is_what_it_had_then(pharmacy: Pharmacy) -> None:
    came_at = pharmacy.clock()
    first = await pharmacy.received()
    pharmacy.clock.move_to(came_at + timedelta(minutes=10))
    second = await pharmacy.received(lot="LOT-SAMPLE-2")
    gone = {"to": "supplier", "reference": "RET-555-0100"}
    asked = (await pharmacy.done(f"/vials/{first}/return", gone))["check_out"]["id"]
    pharmacy.clock.move_to(came_at + timedelta(minutes=20))
    await pharmacy.done(f"/vials/{first}/check-out/{asked}/witness", by="nurse:dee")

    async def on_hand(minutes: float) -> list[tuple[str, float]]:
        at = came_at + timedelta(minutes=minutes)
        items = (await then(pharmacy, PLACE, at, open="true"))["items"]
        return [(vial["id"], vial["remaining_mg"]) for vial in items]

    assert await on_hand(-1) == []
    assert await on_hand(9) == [(first, 500)]
    assert await on_hand(19) == [(first, 500), (second, 500)]
    assert await on_hand(20) == [(second, 500)]
    ever = await then(pharmacy, PLACE, pharmacy.clock())
    assert [vial["id"] for vial in ever["items"]] == [first, second]


async def test_pages_of_the_stock_then_go_on_where_one_has_nothing_to_show(
    pharmacy: Pharmacy,
) -> None:
    came_at = pharmacy.clock()
    vials = [await pharmacy.received(lot=f"LOT-SAMPLE-{number}") for number in range(3)]
    gone = {"to": "supplier", "reference": "RET-555-0100"}
    asked = (await pharmacy.done(f"/vials/{vials[0]}/return", gone))["check_out"]["id"]
    await pharmacy.done(f"/vials/{vials[0]}/check-out/{asked}/witness", by="nurse:dee")
    pharmacy.clock.move_to(came_at + timedelta(minutes=10))

    page, seen = {"limit": "1"}, []
    for _ in vials:
        answer = await then(pharmacy, PLACE, pharmacy.clock(), open="true", **page)
        seen.append([vial["id"] for vial in answer["items"]])
        page["after"] = answer["after"]
    assert seen == [[], [vials[1]], [vials[2]]]
    assert answer["has_more"] is False
