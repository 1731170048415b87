"""What the HTTP API shows of questionnaires, screenings and consents."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from clinic_intake.domain.consent import Consent, ConsentDocument
from clinic_intake.domain.place import Crisis
from clinic_intake.domain.questionnaire import Questionnaire
from clinic_intake.domain.screening import Screening
from clinic_intake.schemas.people import CrisisOut
from clinic_platform.decisions import Receipt


class QuestionOut(BaseModel):
    name: str
    group: str
    kind: str
    text: str
    unit: str
    at_least: float | None
    at_most: float | None
    choices: list[str]


class QuestionnaireOut(BaseModel):
    name: str
    version: int
    questions: list[QuestionOut]

    @classmethod
    def of(cls, questionnaire: Questionnaire) -> Self:
        return cls(
            name=questionnaire.name,
            version=questionnaire.version,
            questions=[
                QuestionOut(
                    name=question.name,
                    group=question.group,
                    kind=question.kind,
                    text=question.text,
                    unit=question.unit,
                    at_least=question.at_least if question.kind == "number" else None,
                    at_most=question.at_most if question.kind == "number" else None,
                    choices=list(question.choices),
                )
                for question in questionnaire.questions
            ],
        )


class FindingOut(BaseModel):
    """`why`: hit, or unknown (an answer is missing)."""

    rule: str
    outcome: str
    why: str
    message: str
    source: str
    facts: dict[str, bool | int | float | str | None]


class ReceiptOut(BaseModel):
    rule_set: str
    version: int
    as_of: datetime
    outcome: str
    findings: list[FindingOut]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        return cls(
            rule_set=receipt.rule_set,
            version=receipt.version,
            as_of=receipt.as_of,
            outcome=receipt.outcome,
            findings=[
                FindingOut(
                    rule=finding.rule,
                    outcome=finding.outcome,
                    why=finding.why,
                    message=finding.message,
                    source=finding.source,
                    facts={used.name: used.value for used in finding.used},
                )
                for finding in receipt.findings
            ],
        )


class ScreeningOut(BaseModel):
    """`replays`: the rules, asked again with the same facts, answer the same."""

    id: str
    patient_id: str
    location_id: str
    questionnaire: str
    completed_at: datetime
    outcome: str
    receipt: ReceiptOut
    replays: bool
    crisis: CrisisOut | None

    @classmethod
    def of(cls, screening: Screening, *, replays: bool, crisis: Crisis | None) -> Self:
        return cls(
            id=screening.id,
            patient_id=screening.patient_id,
            location_id=screening.location_id,
            questionnaire=screening.questionnaire,
            completed_at=screening.completed_at,
            outcome=screening.receipt.outcome,
            receipt=ReceiptOut.of(screening.receipt),
            replays=replays,
            crisis=None if crisis is None else CrisisOut.of(crisis),
        )


class ConsentDocumentOut(BaseModel):
    kind: str
    version: int
    language: str
    text: str
    sha256: str

    @classmethod
    def of(cls, document: ConsentDocument) -> Self:
        return cls(
            kind=document.kind,
            version=document.version,
            language=document.language,
            text=document.text,
            sha256=document.sha256,
        )


class ConsentOut(BaseModel):
    id: str
    patient_id: str
    kind: str
    status: str
    document_version: int
    language: str
    text_sha256: str
    signer: str
    given_at: datetime | None
    expires_at: datetime | None
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, consent: Consent) -> Self:
        return cls(**{name: getattr(consent, name) for name in cls.model_fields})
