"""What was received of a patient: late, twice and out of order."""

from dataclasses import replace
from datetime import timedelta

from clinic_platform.decisions import Known
from clinic_sessions.app import protocols
from clinic_sessions.domain.bedside.standing import Clearance, Consent, Risk, Standing, gate_facts
from clinic_sessions.domain.facts import Checked
from clinic_sessions.domain.protocols.protocol import Protocol
from tests.support.sessions import NOON, a_protocol, a_session

PROTOCOL = a_protocol()
FIRST = Clearance(
    id="clr_1",
    protocol=PROTOCOL.name,
    is_valid=True,
    expires_at=NOON + timedelta(days=90),
    since=NOON,
)
SECOND = Clearance(
    id="clr_2",
    protocol=PROTOCOL.name,
    is_valid=True,
    expires_at=NOON + timedelta(days=120),
    since=NOON + timedelta(days=30),
)


def ended(clearance: Clearance, *, days: int) -> Clearance:
    at = NOON + timedelta(days=days)
    return Clearance(id=clearance.id, is_valid=False, expires_at=at, since=at)


def is_cleared(standing: Standing) -> bool | None:
    """For the sample protocol, a month after the first clearance; None: nobody knows."""
    known = gate_facts(a_session(), standing, PROTOCOL, None, now=NOON + timedelta(days=32))
    fact = known.get("clearance_is_valid")
    return None if fact is None else bool(fact.value)


def test_the_end_of_an_old_clearance_does_not_end_the_new_one() -> None:
    standing = Standing(patient_id="pat_1").with_clearance(FIRST).with_clearance(SECOND)
    assert is_cleared(standing.without_clearance(ended(FIRST, days=31))) is True
    assert is_cleared(standing.without_clearance(ended(SECOND, days=31))) is True
    neither = standing.without_clearance(ended(FIRST, days=31))
    assert is_cleared(neither.without_clearance(ended(SECOND, days=31))) is False


def test_a_clearance_for_another_protocol_is_none_for_this_one() -> None:
    other = replace(SECOND, protocol="intranasal-esketamine-depression")
    assert is_cleared(Standing(patient_id="pat_1").with_clearance(other)) is None
    first_ended = Standing(patient_id="pat_1").with_clearance(FIRST).with_clearance(other)
    assert is_cleared(first_ended.without_clearance(ended(FIRST, days=31))) is False


def test_a_clearance_delivered_again_after_its_end_stays_ended() -> None:
    over = Standing(patient_id="pat_1").with_clearance(FIRST)
    assert is_cleared(over.without_clearance(ended(FIRST, days=1)).with_clearance(FIRST)) is False


def test_a_clearance_whose_end_was_handled_first_opens_nothing() -> None:
    over = Standing(patient_id="pat_1").without_clearance(ended(FIRST, days=1))
    assert is_cleared(over.with_clearance(FIRST)) is None


def test_a_consent_given_before_it_was_withdrawn_does_not_revive() -> None:
    given = Consent(id="con_1", is_given=True, expires_at=None, since=NOON)
    withdrawn = Consent(
        id="con_1", is_given=False, expires_at=None, since=NOON + timedelta(hours=1)
    )
    standing = Standing(patient_id="pat_1").with_consent("treatment", withdrawn)
    assert standing.with_consent("treatment", given).consents["treatment"] == withdrawn


def consent(kind: str, *, days: int = 0, is_given: bool = True, ends: int | None = None) -> Consent:
    until = None if ends is None else NOON + timedelta(days=ends)
    at = NOON + timedelta(days=days)
    return Consent(id=f"con_{kind}", is_given=is_given, expires_at=until, since=at)


def is_consented(*consents: tuple[str, Consent], protocol: Protocol = PROTOCOL) -> bool | None:
    """On the tenth day; None: nobody knows."""
    standing = Standing(patient_id="pat_1")
    for kind, consent in consents:
        standing = standing.with_consent(kind, consent)
    known = gate_facts(a_session(), standing, protocol, None, now=NOON + timedelta(days=10))
    fact = known.get("consent_is_current")
    return None if fact is None else bool(fact.value)


TREATMENT = ("treatment", consent("treatment"))
OFF_LABEL = ("off_label_use", consent("off_label_use"))


def test_ketamine_needs_the_consent_to_its_use_outside_its_approval_in_every_version() -> None:
    shelf = protocols().values()
    needed = {one.drug: {p.consents for p in shelf if p.drug == one.drug} for one in shelf}
    assert needed == {
        "ketamine": {("treatment", "off_label_use")},
        "esketamine": {("treatment",)},
    }


def test_every_consent_that_the_protocol_needs_is_current_or_none_is() -> None:
    assert is_consented(TREATMENT, OFF_LABEL) is True
    back = ("off_label_use", consent("off_label_use", days=1, is_given=False))
    over = ("off_label_use", consent("off_label_use", ends=10))
    for lost in (back, over):
        assert is_consented(TREATMENT, lost) is False
        assert is_consented(lost) is False
    assert is_consented(("messages", consent("messages"))) is None


def test_a_consent_that_was_never_received_is_not_known_and_not_given() -> None:
    assert is_consented(TREATMENT) is None
    assert is_consented(OFF_LABEL) is None
    assert is_consented(TREATMENT, protocol=replace(PROTOCOL, consents=("treatment",))) is True


def test_a_closed_alert_is_not_opened_by_older_news() -> None:
    closed = Risk(is_open=False, version=3, since=NOON)
    raised = Risk(is_open=True, version=1, since=NOON)
    standing = Standing(patient_id="pat_1").with_risk("alt_1", closed).with_risk("alt_1", raised)
    assert not gate_facts(a_session(), standing, a_protocol(), None, now=NOON)[
        "risk_alert_is_open"
    ].value


def test_of_two_alerts_one_that_is_open_counts() -> None:
    standing = (
        Standing(patient_id="pat_1")
        .with_risk("alt_1", Risk(is_open=False, version=2, since=NOON))
        .with_risk("alt_2", Risk(is_open=True, version=1, since=NOON))
    )
    known = gate_facts(a_session(), standing, a_protocol(), None, now=NOON)["risk_alert_is_open"]
    assert (known.value, known.source) == (True, "alt_2@1")


def test_the_fact_about_alerts_is_as_old_as_the_event_it_rests_on() -> None:
    standing = (
        Standing(patient_id="pat_1")
        .with_risk("alt_1", Risk(is_open=False, version=2, since=NOON - timedelta(days=2)))
        .with_risk("alt_2", Risk(is_open=True, version=1, since=NOON - timedelta(days=3)))
    )
    known = gate_facts(a_session(), standing, a_protocol(), None, now=NOON)["risk_alert_is_open"]
    assert known.known_at == NOON - timedelta(days=3)
    closed = standing.with_risk("alt_2", Risk(is_open=False, version=3, since=NOON))
    later = NOON + timedelta(days=1)
    known = gate_facts(a_session(), closed, a_protocol(), None, now=later)["risk_alert_is_open"]
    assert (known.value, known.known_at) == (False, NOON)


def test_a_fact_that_no_event_has_stated_is_not_known() -> None:
    facts = gate_facts(a_session(), Standing(patient_id="pat_1"), a_protocol(), None, now=NOON)
    assert "consent_is_current" not in facts
    assert "clearance_is_valid" not in facts


def test_a_consent_or_a_clearance_that_has_run_out_does_not_hold() -> None:
    later = NOON + timedelta(days=91)
    consent = Consent(id="con_1", is_given=True, expires_at=NOON + timedelta(days=1), since=NOON)
    standing = Standing(patient_id="pat_1").with_clearance(FIRST).with_consent("treatment", consent)
    facts = gate_facts(a_session(), standing, a_protocol(), None, now=later)
    assert facts["consent_is_current"].value is False
    assert facts["clearance_is_valid"].value is False


def measured(standing: Standing, *, noted: int | None = None) -> dict[str, Known]:
    session = a_session()
    if noted is not None:
        fact = {"days_since_measure": Known(value=noted, known_at=NOON, source="usr_a")}
        session = session.after(Checked(fact))
    return gate_facts(session, standing, a_protocol(), None, measures=("phq-9", "gad-7"), now=NOON)


def test_the_newest_measure_counts_whether_it_was_received_or_noted_here() -> None:
    standing = Standing(patient_id="pat_1").with_measure("phq-9", NOON - timedelta(days=3, hours=1))
    assert measured(standing)["days_since_measure"].value == 4  # a begun day is a whole one
    assert measured(standing, noted=9)["days_since_measure"].value == 4
    assert measured(standing, noted=2)["days_since_measure"].value == 2
    later = standing.with_measure("gad-7", NOON - timedelta(hours=1))
    assert measured(later)["days_since_measure"].value == 1


def test_a_measure_that_is_none_of_symptoms_does_not_count_and_without_one_nothing_is_known() -> (
    None
):
    mood = Standing(patient_id="pat_1").with_measure("mood-nrs", NOON)
    assert "days_since_measure" not in measured(mood)
    assert "days_since_measure" not in measured(Standing(patient_id="pat_1"))


def test_an_older_measure_that_comes_late_takes_nothing_back() -> None:
    standing = Standing(patient_id="pat_1").with_measure("phq-9", NOON)
    assert standing.with_measure("phq-9", NOON - timedelta(days=9)) == standing
