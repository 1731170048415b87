"""Every rule of the screening: what it finds, what it lets pass, what a missing answer does."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_intake.domain.questionnaire import Answer, Question
from clinic_platform.data import load
from clinic_platform.decisions import Known, Receipt, Rule
from clinic_platform.testing import NOON
from tests.support.intake import a_screening, facts, the_definitions

RULES = the_definitions().screening
QUESTIONS = the_definitions().questionnaire.questions
EXCLUDE, REVIEW, ADVISE, CLEAR = RULES.ladder

# Rule, the answers it is about, and what it makes of them. Limits stand on their very edge.
FOUND: list[tuple[str, dict[str, Answer], str]] = [
    ("K-ALG-1", {"ketamine_allergy": True}, EXCLUDE),
    ("K-AGE-1", {"age_years": 17}, EXCLUDE),
    ("K-AGE-2", {"age_years": 65}, REVIEW),
    ("K-PRG-1", {"pregnant": True}, EXCLUDE),
    ("K-PRG-1", {"hcg": "positive"}, EXCLUDE),
    ("K-PRG-2", {"may_become_pregnant": True, "hcg": "not_done"}, REVIEW),
    ("K-PRG-3", {"breastfeeding": True}, EXCLUDE),
    ("K-CV-1", {"aneurysm_or_avm": True}, EXCLUDE),
    ("K-CV-2", {"intracerebral_haemorrhage": True}, EXCLUDE),
    ("K-CV-3", {"cardiac_or_stroke_event": "within_6_weeks"}, EXCLUDE),
    ("K-CV-3B", {"cardiac_or_stroke_event": "within_6_months"}, REVIEW),
    ("K-CV-4", {"uncontrolled_heart_disease": True}, EXCLUDE),
    ("K-CV-5", {"stable_heart_disease": True}, REVIEW),
    ("K-BP-1", {"systolic": 180}, EXCLUDE),
    ("K-BP-1", {"diastolic": 110}, EXCLUDE),
    ("K-BP-2", {"systolic": 160}, REVIEW),
    ("K-BP-2", {"diastolic": 100}, REVIEW),
    ("K-BP-3", {"systolic": 141}, REVIEW),
    ("K-BP-3", {"diastolic": 91}, REVIEW),
    ("K-BP-4", {"systolic": 89}, REVIEW),
    ("K-HR-1", {"heart_rate": 49}, REVIEW),
    ("K-HR-1", {"heart_rate": 121}, REVIEW),
    ("K-RESP-1", {"spo2": 94}, REVIEW),
    ("K-RESP-2", {"stop_bang": 5}, REVIEW),
    ("K-RESP-2", {"untreated_sleep_apnoea": True}, REVIEW),
    ("K-RESP-3", {"lung_disease_or_infection": True}, REVIEW),
    ("K-NEU-1", {"raised_intracranial_pressure": True}, EXCLUDE),
    ("K-NEU-2", {"seizure_disorder": True}, REVIEW),
    ("K-EYE-1", {"raised_eye_pressure": True}, REVIEW),
    ("K-PSY-1", {"current_psychosis": True}, EXCLUDE),
    ("K-PSY-2", {"past_or_family_psychosis": True}, REVIEW),
    ("K-PSY-3", {"current_mania": True}, EXCLUDE),
    ("K-PSY-4", {"bipolar_disorder": True, "takes_mood_stabiliser": False}, REVIEW),
    ("K-PSY-5", {"self_harm_thoughts": True}, REVIEW),
    ("K-PSY-5", {"cssrs_risk": "moderate"}, REVIEW),
    ("K-PSY-5", {"cssrs_risk": "high"}, REVIEW),
    ("K-PSY-5", {"phq9_item_9": 1}, REVIEW),
    ("K-SUD-1", {"substance_use_disorder": True}, EXCLUDE),
    ("K-SUD-1", {"ketamine_misuse": True}, EXCLUDE),
    ("K-SUD-2", {"audit_c": 8}, REVIEW),
    ("K-SUD-2", {"dast_10": 3}, REVIEW),
    ("K-HEP-1", {"severe_liver_disease": True}, EXCLUDE),
    ("K-URO-1", {"bladder_disease": True}, REVIEW),
    ("K-WT-1", {"weight_kg": 39.9}, REVIEW),
    ("K-WT-1", {"weight_kg": 150.1}, REVIEW),
    ("K-MED-BZD", {"takes_benzodiazepine": True}, ADVISE),
    ("K-MED-LTG", {"takes_lamotrigine": True}, ADVISE),
    ("K-MED-OPI", {"takes_opioid_or_sedative": True}, REVIEW),
    ("K-MED-MAOI", {"takes_maoi": True}, REVIEW),
    ("K-MED-THEO", {"takes_theophylline": True}, REVIEW),
    ("K-IND-1", {"phq9_total": 9}, REVIEW),
]
# The same limits from their other side, and answers that excuse one another.
PASSED: list[tuple[str, dict[str, Answer]]] = [
    ("K-AGE-1", {"age_years": 18}),
    ("K-AGE-2", {"age_years": 64}),
    ("K-PRG-2", {"may_become_pregnant": True, "hcg": "negative"}),
    ("K-CV-3", {"cardiac_or_stroke_event": "within_6_months"}),
    ("K-CV-3B", {"cardiac_or_stroke_event": "longer_ago"}),
    ("K-BP-1", {"systolic": 179, "diastolic": 109}),
    ("K-BP-2", {"systolic": 159, "diastolic": 99}),
    ("K-BP-3", {"systolic": 140, "diastolic": 90}),
    ("K-BP-4", {"systolic": 90}),
    ("K-HR-1", {"heart_rate": 50}),
    ("K-HR-1", {"heart_rate": 120}),
    ("K-RESP-1", {"spo2": 95}),
    ("K-RESP-2", {"stop_bang": 4}),
    ("K-PSY-4", {"bipolar_disorder": True, "takes_mood_stabiliser": True}),
    ("K-PSY-5", {"cssrs_risk": "low"}),
    ("K-SUD-2", {"audit_c": 7, "dast_10": 2}),
    ("K-WT-1", {"weight_kg": 40}),
    ("K-WT-1", {"weight_kg": 150}),
    ("K-IND-1", {"phq9_total": 10}),
]
# What need not be known, once something else is.
EXCUSED: dict[str, dict[str, Answer]] = {
    "takes_mood_stabiliser": {"bipolar_disorder": False},
    "may_become_pregnant": {"hcg": "negative"},
}


def decided(**changed: Answer) -> Receipt:
    return RULES.decide(facts(**changed), as_of=NOON)


def found(receipt: Receipt) -> dict[str, tuple[str, str]]:
    return {finding.rule: (finding.outcome, finding.why) for finding in receipt.findings}


def an_answer(question: Question) -> st.SearchStrategy[Answer]:
    """Whatever the question may be answered with, or no answer."""
    match question.kind:
        case "yes_no":
            kinds: st.SearchStrategy[Answer] = st.booleans()
        case "choice":
            kinds = st.sampled_from(question.choices)
        case _:
            kinds = st.integers(int(question.at_least), int(question.at_most))
    return st.none() | kinds


ANSWERED = st.fixed_dictionaries(
    {"age_years": st.none() | st.integers(0, 110)}
    | {question.name: an_answer(question) for question in QUESTIONS}
)


@pytest.mark.parametrize(("rule", "answers", "outcome"), FOUND)
def test_a_rule_finds_what_it_is_about(rule: str, answers: dict[str, Answer], outcome: str) -> None:
    assert found(decided(**answers))[rule] == (outcome, "hit")


@pytest.mark.parametrize(("rule", "answers"), PASSED)
def test_a_rule_lets_pass_what_lies_on_the_other_side(
    rule: str, answers: dict[str, Answer]
) -> None:
    assert rule not in found(decided(**answers))


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_rule_that_nothing_is_known_for_asks_for_a_review(rule: Rule) -> None:
    silence = decided(**dict.fromkeys(rule.when.names))
    assert found(silence)[rule.id] == (REVIEW, "unknown")


def test_no_rule_is_left_untested() -> None:
    assert {rule.id for rule in RULES.rules} == {rule for rule, _, _ in FOUND}


def test_somebody_against_whom_nothing_speaks_is_clear() -> None:
    receipt = decided()
    assert (receipt.outcome, receipt.findings) == (CLEAR, ())


def test_the_worst_finding_counts() -> None:
    assert decided(takes_lamotrigine=True).outcome == ADVISE
    assert decided(takes_lamotrigine=True, seizure_disorder=True).outcome == REVIEW
    assert decided(seizure_disorder=True, current_mania=True).outcome == EXCLUDE


def test_every_fact_a_rule_looks_at_is_asked_for_or_in_the_record() -> None:
    assert RULES.fact_names == {question.name for question in QUESTIONS} | {"age_years"}


def test_every_source_that_is_cited_is_listed() -> None:
    listed = load("clinic_intake", "screening.yaml")["sources"]
    cited = {name for rule in RULES.rules for name in re.findall(r"\[(S[0-9]+)\]", rule.source)}
    assert isinstance(listed, dict)
    assert cited == set(listed)


@pytest.mark.parametrize("name", sorted(RULES.fact_names - set(EXCUSED)))
def test_one_answer_that_is_missing_is_never_clear(name: str) -> None:
    assert decided(**{name: None}).outcome == REVIEW


@pytest.mark.parametrize(("missing", "by"), EXCUSED.items())
def test_an_answer_that_another_has_made_idle_may_be_missing(
    missing: str, by: dict[str, Answer]
) -> None:
    assert decided(**{missing: None}, **by).outcome == CLEAR


@given(ANSWERED)
def test_a_receipt_that_was_kept_and_read_again_replays(answered: dict[str, Answer]) -> None:
    known = {name: Known(value=value, known_at=NOON) for name, value in answered.items()}
    receipt = RULES.decide(known, as_of=NOON)
    kept = Receipt.from_document(receipt.to_document())
    assert kept == receipt
    assert replace(a_screening(), receipt=kept).replays(the_definitions().shelf)


@given(ANSWERED)
def test_to_know_less_never_makes_a_screening_clear(answered: dict[str, Answer]) -> None:
    known = {name: Known(value=value, known_at=NOON) for name, value in answered.items()}
    before = RULES.decide(known, as_of=NOON).outcome
    for name in answered:
        after = RULES.decide({**known, name: Known(value=None)}, as_of=NOON).outcome
        assert after != CLEAR or before == CLEAR


def test_a_receipt_changed_by_hand_does_not_replay() -> None:
    screening = a_screening(changed={"current_mania": True})
    forged = replace(screening, receipt=replace(screening.receipt, outcome=CLEAR))
    assert not forged.replays(the_definitions().shelf)


def test_a_receipt_of_rules_that_are_gone_does_not_replay() -> None:
    assert not a_screening().replays({})


@pytest.mark.parametrize(
    "answer", [{"self_harm_thoughts": True}, {"phq9_item_9": 1}, {"cssrs_risk": "high"}]
)
def test_an_answer_about_self_harm_shows_the_crisis_text(answer: dict[str, Answer]) -> None:
    assert a_screening(changed=answer).shows_crisis(the_definitions().crisis)


@pytest.mark.parametrize("answer", [{}, {"current_mania": True}, {"self_harm_thoughts": None}])
def test_other_answers_and_none_do_not_show_the_crisis_text(answer: dict[str, Answer]) -> None:
    assert not a_screening(changed=answer).shows_crisis(the_definitions().crisis)
