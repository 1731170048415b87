"""What a screening asks: each question's kind and bounds, and the facts its answers become."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, TypeAlias

from clinic_intake.domain.errors import AnswersDoNotFit
from clinic_platform.decisions import Known

Answer: TypeAlias = bool | int | float | str | None
Answers: TypeAlias = Mapping[str, Mapping[str, Answer]]  # group → name → answer

GROUPS: Final = ("answers", "vitals", "instruments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`kind`: yes_no, number (with bounds, in `unit`) or choice (among `choices`)."""

    name: str
    group: str
    kind: str
    text: str
    unit: str = ""
    at_least: float = 0
    at_most: float = 0
    choices: tuple[str, ...] = ()

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        question = cls(
            name=str(document["name"]),
            group=str(document["group"]),
            kind=str(document["kind"]),
            text=str(document["text"]),
            unit=str(document.get("unit", "")),
            at_least=float(str(document.get("at_least", 0))),
            at_most=float(str(document.get("at_most", 0))),
            choices=_texts(document.get("choices", [])),
        )
        question.check()
        return question

    def check(self) -> None:
        """Raises ValueError when the question could not be answered."""
        is_answerable = {
            "yes_no": True,
            "number": self.at_least < self.at_most,
            "choice": len(self.choices) > 1,
        }
        if self.group not in GROUPS or not is_answerable.get(self.kind, False):
            raise ValueError(f"The question {self.name} cannot be answered.")

    def fault(self, answer: Answer) -> str | None:
        """The rule the answer breaks. Not to know is an answer."""
        if answer is None:
            return None
        match self.kind:
            case "yes_no":
                return None if isinstance(answer, bool) else "yes_no"
            case "choice":
                return None if answer in self.choices else "choice"
            case _:
                return None if self._is_in_bounds(answer) else "number_in_bounds"

    def _is_in_bounds(self, answer: Answer) -> bool:
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            return False
        return self.at_least <= answer <= self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """An immutable version: every screening pins the one it was answered on."""

    name: str
    version: int
    questions: tuple[Question, ...]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. ValueError naming the question that is unfit."""
        rows, version = document.get("questions"), document.get("version")
        if not isinstance(rows, list) or not isinstance(version, int):
            raise ValueError("The questionnaire needs `version` and `questions`.")
        questions = tuple(Question.parse(row) for row in rows)
        if len({question.name for question in questions}) != len(questions):
            raise ValueError("Two questions have one name.")
        return cls(name=str(document["questionnaire"]), version=version, questions=questions)

    @property
    def pinned(self) -> str:
        return f"{self.name}@{self.version}"

    def facts(self, sent: Answers, *, now: datetime) -> dict[str, Known]:
        """Every question as a fact; one that was not answered is not known.

        Raises AnswersDoNotFit.
        """
        if faults := list(self._faults(sent)):
            raise AnswersDoNotFit(faults)
        return {
            question.name: Known(
                value=sent.get(question.group, {}).get(question.name),
                known_at=now,
                source=self.pinned,
            )
            for question in self.questions
        }

    def _faults(self, sent: Answers) -> Iterator[Mapping[str, str]]:
        asked = {(question.group, question.name): question for question in self.questions}
        for group, answers in sent.items():
            for name, answer in answers.items():
                question = asked.get((group, name))
                if question is None:  # the name was sent: it is not repeated
                    yield _fault(f"/{group}", "not_asked")
                elif rule := question.fault(answer):
                    yield _fault(f"/{group}/{name}", rule)


def _fault(pointer: str, rule: str) -> Mapping[str, str]:
    message = "This is not asked." if rule == "not_asked" else "This answer is not accepted here."
    return {"pointer": pointer, "rule": rule, "message": message}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
