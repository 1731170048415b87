"""What ends a clearance or keeps it from being given, over HTTP."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest

from clinic_events import RiskClosed, RiskRaised
from clinic_events.testing import example
from clinic_intake.app import definitions
from clinic_platform.audit import AuditOutcome
from clinic_platform.data import load
from tests.support.answers import done
from tests.support.intake import CONSENTS
from tests.support.intake.journey import (
    DECISION,
    cleared,
    consented,
    consulted,
    decided,
    prepared,
    registered,
    screened,
)
from tests.support.intake.server import Service

CLEARED: Final = "intake.patient_cleared.v1"
ENDED: Final = "intake.clearance_ended.v1"
OVERRIDE: Final = {**DECISION, "override": {"reason": "The bleeding was an error in the file."}}
EXCLUDED: Final = "C-SCREENING-EXCLUDES"


async def closed_gates(
    intake: Service, patient_id: str, decision: Mapping[str, object] = DECISION
) -> list[str]:
    """Which gates refuse the decision."""
    refused = await decided(intake, patient_id, decision)
    assert (refused.status_code, refused.json()["code"]) == (409, "gates_block"), refused.text
    return sorted(conflict["kind"] for conflict in refused.json()["conflicts"])


async def proposed(intake: Service) -> tuple[str, str]:
    """A patient the screening excludes, and a prescriber's override to treat them nevertheless."""
    patient_id = await prepared(intake, intracerebral_haemorrhage=True)
    return patient_id, done(await decided(intake, patient_id, OVERRIDE))["id"]


async def risen(intake: Service, patient_id: str) -> RiskRaised:
    raised = example(RiskRaised, alert_id="alr_1", patient_id=patient_id, alert_version=1)
    await intake.deliver(raised)
    return raised


async def closes(intake: Service, raised: RiskRaised) -> None:
    about = {"alert_id": raised.alert_id, "patient_id": raised.patient_id}
    await intake.deliver(example(RiskClosed, **about, alert_version=2))


async def test_nobody_is_cleared_of_whom_nothing_is_known(intake: Service) -> None:
    closed = await closed_gates(intake, await registered(intake))
    assert closed == [
        "C-CONSENT-DRIVING",
        "C-CONSENT-OFF-LABEL",
        "C-CONSENT-TREATMENT",
        "C-CONSULTATION",
        EXCLUDED,
        "C-SCREENING-RECENT",
    ]
    assert await intake.published(CLEARED) == []


async def test_a_decision_the_gates_refuse_leaves_their_receipt(intake: Service) -> None:
    patient_id = await registered(intake)
    closed = await closed_gates(intake, patient_id)

    entries = await intake.kit.audit.of_object(patient_id)
    [refused] = [entry for entry in entries if entry.outcome is AuditOutcome.REFUSED]
    receipt = refused.receipt
    assert (refused.action, refused.reason) == ("decide_clearance", "gates_block")
    assert receipt is not None
    assert sorted(finding.rule for finding in receipt.blocking) == closed
    assert definitions().gates.decide(receipt.facts, as_of=receipt.as_of) == receipt


async def test_a_screening_grows_old(intake: Service) -> None:
    patient_id = await prepared(intake)
    intake.clock.now += timedelta(days=30)
    assert await closed_gates(intake, patient_id) == ["C-SCREENING-RECENT"]
    await screened(intake, patient_id)
    assert (await decided(intake, patient_id)).status_code == 201


async def test_taking_back_the_consent_to_treatment_ends_the_clearance(intake: Service) -> None:
    patient_id, clearance_id = await cleared(intake)
    path = f"/v1/patients/{patient_id}/consents/withdraw"
    done(await intake.post(path, {"kind": "treatment"}, by="nurse"))
    [ended] = await intake.published(ENDED)
    assert (ended["clearance_id"], ended["reason"]) == (clearance_id, "consent_withdrawn")
    [withdrawn] = await intake.published("intake.consent_withdrawn.v1")
    assert withdrawn["kind"] == "treatment"
    assert await closed_gates(intake, patient_id) == ["C-CONSENT-TREATMENT"]
    again = await intake.post(path, {"kind": "treatment"}, by="nurse")
    assert (again.status_code, again.json()["code"]) == (404, "consent_not_found")


@pytest.mark.parametrize("kind", [kind for kind in CONSENTS if kind != "treatment"])
async def test_taking_back_another_consent_does_not(intake: Service, kind: str) -> None:
    patient_id, _ = await cleared(intake)
    path = f"/v1/patients/{patient_id}/consents/withdraw"
    done(await intake.post(path, {"kind": kind}, by="nurse"))
    assert await intake.published(ENDED) == []


async def test_taking_back_a_consent_takes_back_every_one_of_its_kind(intake: Service) -> None:
    patient_id = await registered(intake)
    await consented(intake, patient_id, "messages", "messages", "driving")
    path = f"/v1/patients/{patient_id}/consents"
    done(await intake.post(f"{path}/withdraw", {"kind": "messages"}, by="nurse"))
    kept = done(await intake.get(path, by="auditor"))["items"]
    assert [(row["kind"], row["status"]) for row in kept] == [
        ("driving", "given"),
        ("messages", "withdrawn"),
        ("messages", "withdrawn"),
    ]


async def test_a_text_that_is_not_current_cannot_be_agreed_to(intake: Service) -> None:
    path = f"/v1/patients/{await registered(intake)}/consents"
    wish = {"kind": "treatment", "document_version": 2, "language": "en"}
    refused = await intake.post(path, wish, by="nurse")
    assert (refused.status_code, refused.json()["code"]) == (409, "consent_document_not_current")
    current = {"kind": "treatment", "version": 1, "language": "en"}
    assert refused.json()["alternatives"] == [current]


async def test_an_exclusion_needs_a_reason_and_a_second_prescriber(intake: Service) -> None:
    patient_id = await prepared(intake, intracerebral_haemorrhage=True)
    assert await closed_gates(intake, patient_id) == [EXCLUDED]
    proposal = done(await decided(intake, patient_id, OVERRIDE, by="prescriber:ada"))
    assert proposal["status"] == "awaiting_co_signature"
    assert await intake.published(CLEARED) == []
    path = f"/v1/clearances/{proposal['id']}/co-sign"
    own = await intake.post(path, by="prescriber:ada")
    assert (own.status_code, own.json()["code"]) == (409, "second_person_needed")
    signed = done(await intake.post(path, by="prescriber:ben"))
    assert (signed["status"], signed["co_signed_by"]) == ("cleared", "usr_ben")
    assert [finding["rule"] for finding in signed["receipt"]["findings"]] == [EXCLUDED]
    assert len(await intake.published(CLEARED)) == 1


async def test_an_override_covers_an_exclusion_and_nothing_else(intake: Service) -> None:
    patient_id = await registered(intake)
    await screened(intake, patient_id, intracerebral_haemorrhage=True)
    await consented(intake, patient_id)
    assert await closed_gates(intake, patient_id, OVERRIDE) == ["C-CONSULTATION", EXCLUDED]
    await consulted(intake, patient_id)
    assert (await decided(intake, patient_id, OVERRIDE)).status_code == 201


async def test_there_is_nothing_to_override_where_every_gate_is_open(intake: Service) -> None:
    refused = await decided(intake, await prepared(intake), OVERRIDE)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_override")


async def test_a_gate_that_closed_since_is_not_covered_by_the_co_signature(intake: Service) -> None:
    patient_id, clearance_id = await proposed(intake)
    raised = await risen(intake, patient_id)
    path = f"/v1/clearances/{clearance_id}/co-sign"
    refused = await intake.post(path, by="prescriber:ben")
    assert (refused.status_code, refused.json()["code"]) == (409, "gates_block")
    await closes(intake, raised)
    assert (await intake.post(path, by="prescriber:ben")).status_code == 200


async def test_a_co_signature_on_another_screening_than_the_one_decided_on_is_refused(
    intake: Service,
) -> None:
    patient_id, clearance_id = await proposed(intake)
    await screened(intake, patient_id, intracerebral_haemorrhage=True, current_mania=True)
    refused = await intake.post(f"/v1/clearances/{clearance_id}/co-sign", by="prescriber:ben")
    assert (refused.status_code, refused.json()["code"]) == (409, "gates_block")


async def test_a_proposal_that_is_ended_was_never_published(intake: Service) -> None:
    _, clearance_id = await proposed(intake)
    path = f"/v1/clearances/{clearance_id}"
    assert done(await intake.post(f"{path}/end", by="prescriber"))["status"] == "ended"
    assert (await intake.post(f"{path}/co-sign", by="prescriber:ben")).status_code == 409
    assert [event["name"] for event in await intake.published() if "clearance_id" in event] == []


async def test_an_open_risk_alert_blocks_until_it_is_closed(intake: Service) -> None:
    patient_id = await prepared(intake)
    raised = await risen(intake, patient_id)
    assert await closed_gates(intake, patient_id) == ["C-RISK"]
    await closes(intake, raised)
    await intake.deliver(raised)  # again, and too late
    assert (await decided(intake, patient_id)).status_code == 201


async def test_a_clearance_expires_by_its_promise_and_not_a_moment_before(intake: Service) -> None:
    patient_id, clearance_id = await cleared(intake)
    intake.clock.now += timedelta(days=90, microseconds=-1)
    assert await intake.keep_promises() == 0
    intake.clock.now += timedelta(microseconds=1)
    assert await intake.keep_promises() == 1
    [ended] = await intake.published(ENDED)
    assert (ended["clearance_id"], ended["reason"]) == (clearance_id, "expired")
    path = f"/v1/patients/{patient_id}/clearances"
    [kept] = done(await intake.get(path, by="auditor"))["items"]
    assert (kept["status"], kept["ended_because"]) == ("ended", "expired")


async def test_a_clearance_that_was_ended_does_not_expire_again(intake: Service) -> None:
    _, clearance_id = await cleared(intake)
    done(await intake.post(f"/v1/clearances/{clearance_id}/end", by="prescriber"))
    intake.clock.now += timedelta(days=91)
    assert await intake.keep_promises() == 0
    assert [event["reason"] for event in await intake.published(ENDED)] == ["withdrawn"]
    again = await intake.post(f"/v1/clearances/{clearance_id}/end", by="prescriber")
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed")


async def test_of_many_clearances_decided_at_once_one_stands(intake: Service) -> None:
    patient_id = await prepared(intake)
    responses = await asyncio.gather(*(decided(intake, patient_id) for _ in range(4)))
    assert {response.status_code for response in responses} == {201}
    path = f"/v1/patients/{patient_id}/clearances"
    kept = done(await intake.get(path, by="auditor"))["items"]
    assert sorted(row["status"] for row in kept) == ["cleared", "ended", "ended", "ended"]


async def test_a_decision_and_a_withdrawal_at_once_leave_nobody_cleared_without_consent(
    intake: Service,
) -> None:
    patient_id = await prepared(intake)
    path = f"/v1/patients/{patient_id}"
    withdrawal = intake.post(f"{path}/consents/withdraw", {"kind": "treatment"}, by="nurse")
    withdrawn, decision = await asyncio.gather(withdrawal, decided(intake, patient_id))
    assert withdrawn.status_code == 200
    assert decision.status_code in (201, 409)
    kept = done(await intake.get(f"{path}/clearances", by="auditor"))["items"]
    assert [row for row in kept if row["status"] != "ended"] == []


@pytest.mark.parametrize("outcome", ["declined", "deferred"])
async def test_a_later_no_ends_what_stood(intake: Service, outcome: str) -> None:
    patient_id, clearance_id = await cleared(intake)
    done(await decided(intake, patient_id, {**DECISION, "decision": outcome}))
    [ended] = await intake.published(ENDED)
    assert (ended["clearance_id"], ended["reason"]) == (clearance_id, "superseded")


async def test_a_protocol_is_not_for_every_indication(intake: Service) -> None:
    refused = await decided(intake, await registered(intake), {**DECISION, "indication": "boredom"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_protocol")
    there_are = load("clinic_intake", "clearance.yaml")["protocols"]
    assert refused.json()["allowed"] == sorted(there_are)
