"""What a screening asks: which answers fit, and how those that do not are refused."""

import pytest

from clinic_intake.domain.errors import AnswersDoNotFit
from clinic_intake.domain.questionnaire import Answer, Answers, Questionnaire
from clinic_platform.testing import NOON
from tests.support.intake import answers, the_definitions

QUESTIONS = the_definitions().questionnaire
HUGE = 10**400  # more than a float can hold


def row(**changed: object) -> dict[str, object]:
    asked = {"name": "weight_kg", "group": "vitals", "kind": "number", "text": "Weight"}
    return {**asked, "at_least": 20, "at_most": 400, **changed}


def parsed(*rows: dict[str, object]) -> Questionnaire:
    document = {"questionnaire": "sample", "version": 1, "questions": list(rows)}
    return Questionnaire.parse(document)


def faults(sent: Answers) -> list[tuple[str, str]]:
    with pytest.raises(AnswersDoNotFit) as refused:
        QUESTIONS.facts(sent, now=NOON)
    return [(fault["pointer"], fault["rule"]) for fault in refused.value.errors]


def test_every_question_becomes_a_fact_with_its_time_and_source() -> None:
    facts = QUESTIONS.facts(answers(systolic=131), now=NOON)
    assert set(facts) == {question.name for question in QUESTIONS.questions}
    systolic = facts["systolic"]
    assert (systolic.value, systolic.known_at) == (131, NOON)
    assert systolic.source == "intake-questionnaire@1"


def test_what_was_not_answered_is_not_known() -> None:
    facts = QUESTIONS.facts({"answers": {"pregnant": None}}, now=NOON)
    assert {fact.value for fact in facts.values()} == {None}


@pytest.mark.parametrize("answer", [20, 20.0, 82.5, 400])
def test_a_number_within_its_bounds_fits(answer: float) -> None:
    sent: Answers = {"vitals": {"weight_kg": answer}}
    assert parsed(row()).facts(sent, now=NOON)["weight_kg"].value == answer


@pytest.mark.parametrize("answer", [19.9, 400.1, -1, HUGE, -HUGE, True, "82", ""])
def test_a_number_out_of_bounds_or_of_another_kind_does_not_fit(answer: Answer) -> None:
    assert faults({"vitals": {"weight_kg": answer}}) == [("/vitals/weight_kg", "number_in_bounds")]


@pytest.mark.parametrize("answer", [0, 1, "yes", "true", 1.0])
def test_yes_and_no_are_written_in_no_other_way(answer: Answer) -> None:
    assert faults({"answers": {"pregnant": answer}}) == [("/answers/pregnant", "yes_no")]


@pytest.mark.parametrize("answer", ["maybe", "", True, 1])
def test_a_choice_is_one_of_those_offered(answer: Answer) -> None:
    assert faults({"vitals": {"hcg": answer}}) == [("/vitals/hcg", "choice")]


def test_a_question_nobody_asked_is_refused_without_being_repeated() -> None:
    assert faults({"answers": {"testa_sample": True}}) == [("/answers", "not_asked")]


def test_an_answer_in_another_group_is_not_asked_there() -> None:
    assert faults({"answers": {"systolic": 124}}) == [("/answers", "not_asked")]


def test_every_fault_is_listed_at_once() -> None:
    sent: Answers = {"answers": {"pregnant": 1}, "vitals": {"hcg": "maybe", "spo2": 101}}
    assert [rule for _, rule in faults(sent)] == ["yes_no", "choice", "number_in_bounds"]


@pytest.mark.parametrize(
    "unfit",
    [
        row(kind="essay"),
        row(group="elsewhere"),
        row(at_most=20),
        row(kind="choice", choices=["only"]),
        row(kind="choice", choices="negative"),
    ],
)
def test_a_question_that_cannot_be_answered_keeps_the_service_from_starting(
    unfit: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="weight_kg cannot be answered"):
        parsed(unfit)


def test_two_questions_of_one_name_keep_the_service_from_starting() -> None:
    with pytest.raises(ValueError, match="one name"):
        parsed(row(), row())


@pytest.mark.parametrize("document", [{"questions": []}, {"version": 1}, {"version": "1"}])
def test_a_questionnaire_without_version_or_questions_is_none(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="needs"):
        Questionnaire.parse(document)
