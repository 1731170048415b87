"""A prescriber's decision: what blocks it, what may be overridden and by whom, and how it ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_intake.domain.clearance import (
    ARROWS,
    STANDING,
    Clearance,
    ClearancePolicy,
    Cleared,
    Ending,
    Fact,
    Status,
    gate_facts,
)
from clinic_intake.domain.consent import Consent
from clinic_intake.domain.errors import (
    GatesBlock,
    NotAllowed,
    NothingToOverride,
    SecondPersonNeeded,
    UnknownProtocol,
)
from clinic_intake.domain.questionnaire import Answer
from clinic_intake.domain.screening import Screening
from clinic_platform.decisions import Receipt
from clinic_platform.testing import NOON
from tests.support.intake import (
    CONSENTS,
    PRESCRIBER,
    SECOND,
    a_clearance,
    a_consent,
    a_consultation,
    a_risk,
    a_screening,
    the_definitions,
)

POLICY = the_definitions().clearance
VALID_FOR = POLICY.valid_for
EXCLUDED: dict[str, Answer] = {"current_mania": True}


def consents(*kinds: str) -> list[Consent]:
    return [
        (consent := a_consent(kind=kind)).after(
            consent.give(the_definitions().consents.to_agree_to(kind, 1, "en"), now=NOON)
        )
        for kind in kinds
    ]


def gates(
    *,
    kinds: tuple[str, ...] = CONSENTS,
    screening: Screening | None = None,
    is_screened: bool = True,
    is_consulted: bool = True,
    is_at_risk: bool = False,
    days: int = 0,
) -> Receipt:
    """What the gates find, `days` after everything was done."""
    consultation = a_consultation()
    now = NOON + timedelta(days=days)
    held = replace(consultation, held_at=NOON) if is_consulted else None
    screening = (screening or a_screening()) if is_screened else None
    known = gate_facts(
        consents=consents(*kinds),
        kinds=the_definitions().consents.kinds,
        consultation=held,
        screening=screening,
        risks=[a_risk()] if is_at_risk else [],
        now=now,
    )
    return the_definitions().gates.decide(known, as_of=now)


def blocking(receipt: Receipt) -> list[tuple[str, str]]:
    return [(finding.rule, finding.why) for finding in receipt.blocking]


def without(kind: str) -> tuple[str, ...]:
    return tuple(other for other in CONSENTS if other != kind)


OPEN = gates()
OVERRIDABLE = gates(screening=a_screening(changed=EXCLUDED))
SHUT = gates(is_at_risk=True)


def decide(receipt: Receipt, *, override: str | None = None) -> Fact:
    return a_clearance().clear(receipt, override=override, valid_for=VALID_FOR, now=NOON)


def a_proposal() -> Clearance:
    return a_clearance().after(decide(OVERRIDABLE, override="Invented words."))


def co_sign(proposal: Clearance, receipt: Receipt, *, by: str = SECOND.actor) -> Cleared:
    return proposal.co_sign(by, receipt, valid_for=VALID_FOR, now=NOON)


@pytest.mark.parametrize(
    ("receipt", "expected"),
    [
        (OPEN, []),
        (gates(kinds=without("treatment")), [("C-CONSENT-TREATMENT", "hit")]),
        (gates(kinds=without("off_label_use")), [("C-CONSENT-OFF-LABEL", "hit")]),
        (gates(kinds=without("driving")), [("C-CONSENT-DRIVING", "hit")]),
        (gates(kinds=without("messages")), []),
        (gates(is_consulted=False), [("C-CONSULTATION", "unknown")]),
        (
            gates(is_screened=False),
            [("C-SCREENING-RECENT", "unknown"), ("C-SCREENING-EXCLUDES", "unknown")],
        ),
        (OVERRIDABLE, [("C-SCREENING-EXCLUDES", "hit")]),
        (gates(screening=a_screening(changed={"seizure_disorder": True})), []),
        (gates(screening=a_screening(changed={"seizure_disorder": None})), []),
        (SHUT, [("C-RISK", "hit")]),
        (gates(days=30), []),
        (gates(days=31), [("C-SCREENING-RECENT", "unknown")]),
        (gates(days=91), [("C-CONSULTATION", "unknown"), ("C-SCREENING-RECENT", "unknown")]),
    ],
)
def test_a_gate_is_shut_by_what_it_is_about_and_by_what_is_not_known(
    receipt: Receipt, expected: list[tuple[str, str]]
) -> None:
    assert blocking(receipt) == expected


def test_consents_that_have_expired_shut_their_gates() -> None:
    shut = [rule for rule, _ in blocking(gates(days=365))]
    assert shut[:3] == ["C-CONSENT-TREATMENT", "C-CONSENT-OFF-LABEL", "C-CONSENT-DRIVING"]


def test_gates_that_know_nothing_are_all_shut() -> None:
    receipt = the_definitions().gates.decide({}, as_of=NOON)
    assert len(receipt.blocking) == len(the_definitions().gates.rules)


def test_a_receipt_of_the_gates_can_be_asked_again() -> None:
    assert the_definitions().gates.decide(SHUT.facts, as_of=SHUT.as_of) == SHUT


def test_with_every_gate_open_a_patient_is_cleared_for_the_time_the_policy_says() -> None:
    cleared = decide(OPEN)
    assert cleared == Cleared(NOON, NOON + timedelta(days=90), OPEN, None)
    after = a_clearance().after(cleared)
    assert (after.status, after.expires_at) == (Status.CLEARED, NOON + timedelta(days=90))


def test_an_override_of_nothing_is_refused() -> None:
    with pytest.raises(NothingToOverride):
        decide(OPEN, override="Invented words.")


def test_a_shut_gate_is_listed_with_who_may_open_it() -> None:
    with pytest.raises(GatesBlock) as refused:
        decide(OVERRIDABLE)
    [conflict] = refused.value.conflicts
    assert (conflict["kind"], conflict["why"]) == ("C-SCREENING-EXCLUDES", "hit")
    assert conflict["waivable_by"] == ["prescriber"]


def test_an_exclusion_is_overridden_with_a_reason_and_waits_for_a_second_prescriber() -> None:
    proposal = a_proposal()
    assert proposal.status is Status.AWAITING_CO_SIGNATURE
    assert (proposal.override_reason, proposal.cleared_at) == ("Invented words.", None)


@pytest.mark.parametrize(
    "receipt",
    [
        SHUT,
        gates(is_screened=False),
        gates(is_consulted=False),
        gates(kinds=without("treatment")),
        gates(screening=a_screening(changed=EXCLUDED), is_at_risk=True),
        gates(screening=a_screening(changed=EXCLUDED), days=31),
    ],
)
def test_nothing_but_an_exclusion_can_be_overridden(receipt: Receipt) -> None:
    with pytest.raises(GatesBlock):
        decide(receipt, override="Invented words.")


def test_an_unknown_fact_cannot_be_overridden() -> None:
    [finding] = OVERRIDABLE.findings
    unknown = replace(OVERRIDABLE, findings=(replace(finding, why="unknown"),))
    with pytest.raises(GatesBlock):
        decide(unknown, override="Invented words.")


def test_the_second_prescriber_clears_and_is_named() -> None:
    cleared = co_sign(a_proposal(), OVERRIDABLE)
    after = a_proposal().after(cleared)
    assert (after.status, after.decided_by) == (Status.CLEARED, PRESCRIBER.actor)
    assert (after.co_signed_by, after.receipt) == (SECOND.actor, OVERRIDABLE)


def test_nobody_co_signs_their_own_override() -> None:
    with pytest.raises(SecondPersonNeeded):
        co_sign(a_proposal(), OVERRIDABLE, by=PRESCRIBER.actor)


def test_a_gate_that_has_shut_meanwhile_stops_the_co_signature() -> None:
    with pytest.raises(GatesBlock):
        co_sign(a_proposal(), gates(screening=a_screening(changed=EXCLUDED), is_at_risk=True))


def test_an_override_does_not_cover_a_later_screening() -> None:
    later = a_screening(2, changed={"aneurysm_or_avm": True})
    with pytest.raises(GatesBlock):
        co_sign(a_proposal(), gates(screening=later))


def test_a_later_screening_without_an_exclusion_needs_no_cover() -> None:
    assert co_sign(a_proposal(), gates(screening=a_screening(2))).co_signed_by == SECOND.actor


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.AWAITING_CO_SIGNATURE}))
def test_only_an_override_is_co_signed(status: Status) -> None:
    with pytest.raises(NotAllowed):
        co_sign(replace(a_clearance(), status=status), OPEN)


DECISIONS: dict[str, Callable[[Clearance], Fact]] = {
    "clear": lambda c: c.clear(OPEN, override=None, valid_for=VALID_FOR, now=NOON),
    "override": lambda c: c.clear(OVERRIDABLE, override="Words.", valid_for=VALID_FOR, now=NOON),
    "co-sign": lambda c: co_sign(c, OVERRIDABLE),
    "decline": lambda c: c.decline(),
    "defer": lambda c: c.defer(),
    "end": lambda c: c.end(Ending.WITHDRAWN, now=NOON),
}


@given(st.lists(st.sampled_from(sorted(DECISIONS)), max_size=8))
def test_a_clearance_moves_only_along_its_arrows_and_counts_each_step(steps: list[str]) -> None:
    clearance, steps_taken = a_clearance(), 0
    for step in steps:
        try:
            after = clearance.after(DECISIONS[step](clearance))
        except NotAllowed:
            continue
        assert after.status in ARROWS[clearance.status]
        clearance, steps_taken = after, steps_taken + 1
    assert clearance.revision == steps_taken
    assert (clearance.ended_at is None) == (clearance.status is not Status.ENDED)
    if clearance.status is Status.CLEARED:
        assert clearance.receipt is not None
        assert not clearance.receipt.blocking or clearance.co_signed_by == SECOND.actor


def test_standing_states_are_exactly_those_that_can_still_end() -> None:
    assert set(STANDING) == {status for status in Status if Status.ENDED in ARROWS[status]}


@pytest.mark.parametrize(
    ("protocol", "indication"),
    [("iv-ketamine-depression", "headache"), ("no-such-protocol", "depression")],
)
def test_a_protocol_is_cleared_only_for_its_indications(protocol: str, indication: str) -> None:
    with pytest.raises(UnknownProtocol) as refused:
        POLICY.check(protocol, indication)
    assert refused.value.allowed == sorted(POLICY.protocols)
    assert "iv-ketamine-depression" in refused.value.allowed


def test_a_policy_without_protocols_keeps_the_service_from_starting() -> None:
    with pytest.raises(ValueError, match="no protocols"):
        ClearancePolicy.parse({"version": 1, "valid_for_days": 90, "protocols": {}})
