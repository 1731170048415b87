"""Which of its plan an infusion is, where an earlier one was voided."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_ctl.demo.treatment import BEFORE
from tests.support.answers import done
from tests.support.sessions import TOMORROW
from tests.support.sessions_bedside import LEAVES, PRESCRIBER, Bedside, a_bedside


@pytest.fixture
async def bedside(mongo_url: str) -> AsyncIterator[Bedside]:
    async with a_bedside(mongo_url) as bedside:
        yield bedside


async def again(bedside: Bedside, days: int) -> None:
    """The same patient, so many days later, from the booking to the way home."""
    at, plan = TOMORROW + timedelta(days=days), (await bedside.get())["plan_id"]
    body = {"plan_id": plan, "starts_at": at.isoformat()}
    booked = done(await bedside.service.post("/v1/sessions", body))
    bedside.session, bedside.clock.now = booked["id"], at
    await bedside.do("arrive")
    await bedside.do("checks", BEFORE)
    await bedside.treated()
    await bedside.do("discharge-assessments", LEAVES)
    await bedside.do("complete")


async def test_no_two_infusions_of_a_plan_have_one_number_though_an_earlier_one_was_voided(
    bedside: Bedside,
) -> None:
    await bedside.home()
    first = bedside.session
    await again(bedside, 3)
    second, bedside.session = bedside.session, first
    await bedside.do("void", {"reason": "wrong_patient"}, by=PRESCRIBER)
    bedside.session = second
    await again(bedside, 6)
    completed = await bedside.published("sessions.session_completed.v1")
    assert [(one["session_id"], one["infusion_number"]) for one in completed] == [
        (first, 1),
        (second, 2),
        (bedside.session, 1),
    ]
