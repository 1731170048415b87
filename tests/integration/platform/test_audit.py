"""The audit keeps who did what to which record; with the deed, or not at all."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_events.ports import DuplicateKey
from clinic_platform.audit import Audit, AuditOutcome, Entry
from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON

READ = Entry(
    id="aud_1",
    at=NOON,
    actor="usr_testa",
    roles=("nurse", "therapist"),
    action="get_session",
    outcome=AuditOutcome.READ,
    object_id="ses_1",
    location_id="loc_1",
    reason=None,
    request_id="req_1",
)
DENIED = replace(
    READ,
    id="aud_2",
    at=NOON + timedelta(minutes=1),
    outcome=AuditOutcome.DENIED,
    location_id=None,
    reason="forbidden",
)


@pytest.fixture
async def audit(database: Mongo) -> Audit:
    audit = Audit(database.collection("audit"))
    await audit.prepare()
    return audit


async def test_the_entries_of_a_record_come_back_whole_and_in_order(audit: Audit) -> None:
    for entry in (DENIED, READ, replace(READ, id="aud_3", object_id="ses_2")):
        await audit.record(entry)
    assert await audit.of_object("ses_1") == [READ, DENIED]
    assert await audit.of_object("ses_none") == []


async def test_a_deed_that_is_undone_was_not_noted(audit: Audit, database: Mongo) -> None:
    async def refused() -> None:
        await audit.record(READ)
        raise ValueError("The deed is refused after it was noted.")

    with pytest.raises(ValueError, match="refused"):
        await database.transaction(refused)
    assert await audit.of_object("ses_1") == []


async def test_an_entry_is_never_written_over(audit: Audit) -> None:
    await audit.record(READ)
    with pytest.raises(DuplicateKey):
        await audit.record(replace(READ, outcome=AuditOutcome.DONE))
    assert await audit.of_object("ses_1") == [READ]
