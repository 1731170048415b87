"""Clearances on ports in memory: what they stand on, what is published of them, how they end."""

from datetime import timedelta

import pytest

from clinic_events import (
    ClearanceEnded,
    PatientCleared,
    RiskClosed,
    RiskRaised,
)
from clinic_events.testing import example
from clinic_intake.domain.clearance import Decision, Status
from clinic_intake.domain.errors import (
    GatesBlock,
    UnknownProtocol,
)
from clinic_intake.handlers.clearing import EXPIRE_CLEARANCE
from clinic_platform.promises import Due, Withdrawn
from tests.support.intake import (
    NURSE,
    PATIENT,
    PRESCRIBER,
    SECOND,
    Intake,
    answers,
    to_clear,
)

DECLINED = Decision(
    outcome="declined",
    rationale="Invented words.",
    indication="depression",
    protocol="iv-ketamine-depression",
)


@pytest.fixture
def intake() -> Intake:
    return Intake()


async def test_a_ready_patient_is_cleared_until_a_day_that_is_promised(intake: Intake) -> None:
    clearance = await intake.cleared()
    assert clearance.status is Status.CLEARED
    assert clearance.receipt is not None
    [promise] = intake.promises.pending()
    assert (promise.kind, promise.about) == (EXPIRE_CLEARANCE, clearance.id)
    assert promise.due_at == clearance.expires_at
    event = intake.outbox.published[-1]
    assert isinstance(event, PatientCleared)
    assert event.screening_id == clearance.screening_id


async def test_a_patient_with_nothing_done_is_blocked_at_every_gate_but_that_of_risk(
    intake: Intake,
) -> None:
    with pytest.raises(GatesBlock) as refused:
        await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, to_clear())
    assert len(refused.value.conflicts) == 6
    assert intake.published == []


async def test_a_clearance_ends_on_its_day_and_says_so(intake: Intake) -> None:
    clearance = await intake.cleared()
    await intake.keep(until=intake.clock() + timedelta(days=90))
    ended = await intake.handlers.clearances.get(clearance.id)
    assert (ended.status, ended.ended_because) == (Status.ENDED, "expired")
    event = intake.outbox.published[-1]
    assert isinstance(event, ClearanceEnded)
    assert (event.clearance_id, event.reason) == (clearance.id, "expired")


async def test_a_clearance_that_has_ended_is_not_ended_again_on_its_day(intake: Intake) -> None:
    clearance = await intake.cleared()
    [promise] = intake.promises.pending()
    await intake.handlers.end_clearance(SECOND, clearance.id)
    assert intake.promises.pending() == []
    due = Due(promise=promise, now=promise.due_at, attempt=1)
    assert await intake.handlers.expire_clearance(due) == Withdrawn("ended")
    assert intake.published.count("ClearanceEnded") == 1


async def test_a_new_clearance_is_published_before_the_old_one_ends(intake: Intake) -> None:
    first = await intake.cleared()
    second = await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, to_clear())
    assert intake.published[-2:] == ["PatientCleared", "ClearanceEnded"]
    ended = await intake.handlers.clearances.get(first.id)
    assert ended.ended_because == "superseded"
    assert [row.about for row in intake.promises.pending()] == [second.id]


async def test_a_patient_who_is_declined_is_no_longer_cleared(intake: Intake) -> None:
    first = await intake.cleared()
    await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, DECLINED)
    assert (await intake.handlers.clearances.get(first.id)).status is Status.ENDED
    assert intake.published[-1] == "ClearanceEnded"
    assert intake.promises.pending() == []


async def test_a_proposed_override_clears_nobody_until_it_is_co_signed(intake: Intake) -> None:
    await intake.ready(answers(current_mania=True))
    decision = to_clear(override="Invented words.")
    proposed = await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, decision)
    assert "PatientCleared" not in intake.published
    assert intake.promises.pending() == []
    await intake.handlers.co_sign_clearance(SECOND, proposed.id)
    assert intake.published[-1] == "PatientCleared"
    assert [row.about for row in intake.promises.pending()] == [proposed.id]


async def test_a_screening_after_the_override_is_not_covered_by_it(intake: Intake) -> None:
    await intake.ready(answers(current_mania=True))
    decision = to_clear(override="Invented words.")
    proposed = await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, decision)
    await intake.screened(answers(aneurysm_or_avm=True))
    with pytest.raises(GatesBlock):
        await intake.handlers.co_sign_clearance(SECOND, proposed.id)


async def test_the_end_of_an_override_that_was_only_proposed_is_not_published(
    intake: Intake,
) -> None:
    await intake.ready(answers(current_mania=True))
    decision = to_clear(override="Invented words.")
    proposed = await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, decision)
    await intake.handlers.withdraw_consent(NURSE, PATIENT, "treatment")
    assert (await intake.handlers.clearances.get(proposed.id)).status is Status.ENDED
    assert "ClearanceEnded" not in intake.published


async def test_withdrawing_the_consent_to_treatment_ends_the_clearance(intake: Intake) -> None:
    clearance = await intake.cleared()
    await intake.handlers.withdraw_consent(NURSE, PATIENT, "treatment")
    ended = await intake.handlers.clearances.get(clearance.id)
    assert ended.ended_because == "consent_withdrawn"
    assert intake.published[-2:] == ["ClearanceEnded", "ConsentWithdrawn"]


async def test_withdrawing_the_consent_to_messages_leaves_the_clearance(intake: Intake) -> None:
    clearance = await intake.cleared()
    await intake.handlers.withdraw_consent(NURSE, PATIENT, "messages")
    assert (await intake.handlers.clearances.get(clearance.id)).status is Status.CLEARED


async def test_an_open_risk_alert_blocks_until_it_is_closed(intake: Intake) -> None:
    await intake.ready()
    raised = example(RiskRaised, patient_id=PATIENT, alert_id="alr_1", alert_version=1)
    closed = example(RiskClosed, patient_id=PATIENT, alert_id="alr_1", alert_version=3)
    await intake.handlers.note_risk_raised(raised)
    with pytest.raises(GatesBlock) as refused:
        await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, to_clear())
    assert [conflict["kind"] for conflict in refused.value.conflicts] == ["C-RISK"]
    await intake.handlers.note_risk_closed(closed)
    await intake.handlers.note_risk_raised(raised)  # an older event that comes late
    await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, to_clear())


async def test_an_unknown_protocol_is_refused_before_anything_else(intake: Intake) -> None:
    decision = Decision(outcome="cleared", rationale="W.", indication="gout", protocol="none")
    with pytest.raises(UnknownProtocol):
        await intake.handlers.decide_clearance(PRESCRIBER, PATIENT, decision)
