"""For patients: the page, and answering with nothing but the link. No login, no names."""

from typing import Annotated, cast

from fastapi import Depends, Header, Request
from fastapi.responses import HTMLResponse

from clinic_outcomes.domain.errors import SurveyNotFound
from clinic_outcomes.handlers import Surveys
from clinic_outcomes.schemas import (
    CrisisAnswer,
    CrisisOut,
    CurrentOut,
    FormOut,
    GiveAnswers,
    OpenSurvey,
    ReceiptOut,
    SittingOut,
)
from clinic_platform.web import JsonBody, Router, StaticPage, keep_no_answer

router = Router()


async def _surveys(request: Request) -> Surveys:
    return cast(Surveys, request.app.state.handlers.surveys)


async def _page(request: Request) -> StaticPage:
    return cast(StaticPage, request.app.state.page)


async def _credential(
    survey_credential: Annotated[str | None, Header(max_length=100)] = None,
) -> str:
    if not survey_credential:
        raise SurveyNotFound
    return survey_credential


Asking = Annotated[Surveys, Depends(_surveys)]
Credential = Annotated[str, Depends(_credential)]


@router.get("/s", operation_id="show_survey_page", response_class=HTMLResponse)
async def show_survey_page(page: Annotated[StaticPage, Depends(_page)]) -> HTMLResponse:
    """The same page for everybody: the secret stays in the fragment, which no server sees."""
    return page.answer()


@router.post("/v1/survey-sessions", operation_id="open_survey_session", status_code=201)
async def open_survey_session(
    sent: Annotated[OpenSurvey, JsonBody(OpenSurvey)], surveys: Asking, request: Request
) -> SittingOut:
    keep_no_answer(request)  # the credential in it opens the survey
    sitting = await surveys.begin_sitting(sent.secret)
    return SittingOut(credential=sitting.credential, credential_expires_at=sitting.until)


@router.get("/v1/survey-sessions/current", operation_id="get_survey_session")
async def get_survey_session(credential: Credential, surveys: Asking) -> CurrentOut:
    sitting = await surveys.sitting(credential)
    return CurrentOut(
        status=sitting.assignment.status,
        credential_expires_at=sitting.until,
        form=FormOut.of(sitting.instrument),
        draft=dict(sitting.assignment.draft or {}),
    )


@router.put("/v1/survey-sessions/current", operation_id="save_survey_draft")
async def save_survey_draft(
    sent: Annotated[GiveAnswers, JsonBody(GiveAnswers)], credential: Credential, surveys: Asking
) -> CrisisAnswer:
    return CrisisAnswer.of(await surveys.save_draft(credential, sent.answers))


@router.post("/v1/survey-sessions/current/answers", operation_id="answer_survey")
async def answer_survey(
    sent: Annotated[GiveAnswers, JsonBody(GiveAnswers)], credential: Credential, surveys: Asking
) -> ReceiptOut:
    receipt = await surveys.answer(credential, sent.answers)
    crisis = None if receipt.crisis is None else CrisisOut.model_validate(receipt.crisis)
    return ReceiptOut(answered_at=receipt.answered_at, crisis=crisis)
