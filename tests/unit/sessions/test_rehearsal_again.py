"""What a draft turns besides limits, bounds and times: gates reckoned from the protocol, how a dose
is given, and what follows a session."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from clinic_platform.decisions import Known, Receipt
from clinic_sessions.app import protocols, rule_sets
from clinic_sessions.domain.bedside.dose import Prepared
from clinic_sessions.domain.protocols.protocol import Protocol, Stage
from clinic_sessions.domain.protocols.rehearsal import PastSession, rehearse
from tests.support.protocols import (
    a_past_session,
    a_readiness,
    a_version,
    in_the_past,
    sourced,
)
from tests.support.sessions import TOMORROW, good_facts

SHIPPED: Final = protocols()
MORE: Final = ("treatment", "off_label_use", "recording")


def found(draft: Protocol, *past: PastSession) -> dict[str, tuple[str, ...]]:
    """The details of the first difference of each kind."""
    changes = rehearse(draft, past, shelf=SHIPPED, rule_sets=rule_sets()).changes
    return {one.kind: one.samples[0].details for one in changes if one.count}


def decided(draft: Protocol, receipt: Receipt, *, version: int = 1) -> dict[str, tuple[str, ...]]:
    """Without what the draft makes of dose, visit and what follows."""
    past = in_the_past(a_past_session(1, day=0), receipt, version=version)
    kinds = ("would_block", "would_pass", "other_reasons", "cannot_tell")
    return {kind: rules for kind, rules in found(draft, past).items() if kind in kinds}


@pytest.mark.parametrize(
    ("consents", "given", "rules"),
    [
        (MORE, True, {"cannot_tell": ("G-CONSENT",)}),
        (MORE, False, {}),
        (MORE, None, {"cannot_tell": ("G-CONSENT",)}),
        (("treatment",), True, {}),
        (("treatment",), False, {"cannot_tell": ("G-CONSENT",)}),
        (("off_label_use", "treatment"), None, {}),
    ],
)
def test_whether_other_consents_were_given_is_told_only_where_those_of_then_decide_it(
    consents: tuple[str, ...], given: bool | None, rules: dict[str, tuple[str, ...]]
) -> None:
    draft = a_version(3, consents=list(consents))
    receipt = a_readiness(TOMORROW, consent_is_current=given)
    assert decided(draft, receipt, version=2) == rules


@pytest.mark.parametrize(
    ("hours", "was_soon", "rules"),
    [
        (72, False, {"cannot_tell": ("G-SPACING",)}),
        (72, True, {}),
        (36, False, {}),
        (36, True, {"cannot_tell": ("G-SPACING",)}),
    ],
)
def test_whether_a_dose_was_too_soon_is_told_only_where_the_spacing_of_then_decides_it(
    hours: float, was_soon: bool, rules: dict[str, tuple[str, ...]]
) -> None:
    draft = a_version(spacing__least_hours=sourced(hours))
    assert decided(draft, a_readiness(TOMORROW, dose_is_too_soon=was_soon)) == rules


def test_a_first_dose_is_never_too_soon_and_a_new_stage_leaves_the_others_open() -> None:
    draft = a_version(spacing__least_hours=sourced(72))
    first = Known(value=False, known_at=TOMORROW, source="no dose before")
    facts = {**good_facts(TOMORROW), "dose_is_too_soon": first}
    receipt = rule_sets()["readiness-gates"].decide(facts, as_of=TOMORROW)
    assert decided(draft, receipt) == {}
    held = a_version()
    stage = Stage(from_infusion=3, least=timedelta(hours=96), most=timedelta(hours=200))
    staged = replace(held, spacing=replace(held.spacing, stages=(stage,)))
    assert decided(staged, a_readiness(TOMORROW)) == {"cannot_tell": ("G-SPACING",)}


def test_a_line_is_not_missing_where_the_draft_needs_none() -> None:
    shut = a_readiness(TOMORROW, line_is_missing=True)
    assert decided(replace(a_version(), route="im"), shut) == {"would_pass": ("G-LINE",)}


def test_a_line_that_nobody_looked_at_cannot_be_told() -> None:
    im = replace(SHIPPED["im-ketamine-depression", 1], discharge="discharge-gates")
    into_a_vein = replace(im, route="iv")
    past = in_the_past(a_past_session(1, day=0), a_readiness(TOMORROW))
    assert found(into_a_vein, past)["cannot_tell"] == ("G-LINE",)


def test_another_drug_leaves_open_whether_the_place_was_registered_for_it() -> None:
    draft = replace(a_version(), drug="another-sample")
    rules = {"cannot_tell": ("G-DRAWN", "G-REGISTRATION")}
    assert decided(draft, a_readiness(TOMORROW)) == rules


def test_a_gate_that_cannot_be_told_is_named_beside_another_that_blocks() -> None:
    draft = a_version(3, consents=list(MORE))
    shut = a_readiness(TOMORROW, consent_is_current=None, systolic=170)
    assert decided(draft, shut, version=2) == {"cannot_tell": ("G-CONSENT",)}
    assert decided(draft, a_readiness(TOMORROW, systolic=170), version=2) == {
        "cannot_tell": ("G-CONSENT",)
    }


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({"giving__concentration_mg_per_ml": sourced(10)}, {"dose_volume_differs": ("4 mL",)}),
        (
            {"giving__minutes": sourced(45)},
            {"dose_rate_differs": ("0.8889 mg/min",), "dose_duration_differs": ("45 min",)},
        ),
        (
            {"giving__dilute_above_mg_per_ml": sourced(49)},
            {"dose_dilution_differs": ("diluted",)},
        ),
        ({"surveys": "other-outcomes"}, {"surveys_differ": ("other-outcomes",)}),
        ({"integration": "other-plan"}, {"integration_differs": ("other-plan",)}),
    ],
)
def test_how_a_dose_would_be_given_and_what_would_follow_is_a_difference_of_its_kind(
    changes: dict[str, Any], differences: dict[str, tuple[str, ...]]
) -> None:
    """Of 40 mg over 40 minutes, at 80 kg."""
    past = in_the_past(a_past_session(1, day=0))
    assert found(a_version(**changes), past) == differences


def test_a_dose_from_a_named_vial_keeps_the_volume_of_that_vial() -> None:
    session = a_past_session(1, day=0)
    assert session.order is not None
    prepared = Prepared(by="usr_n", at=TOMORROW, is_diluted=False, vial_id="via_1")
    order = replace(session.order, prepared=prepared, concentration_mg_per_ml=100)
    past = in_the_past(replace(session, order=order))
    assert found(a_version(giving__concentration_mg_per_ml=sourced(10)), past) == {}
