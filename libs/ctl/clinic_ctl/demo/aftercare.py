"""The acts after the clinic: letters, surveys, and an answer that somebody must act on."""

import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from clinic_ctl.demo.stage import NURSE, PRESCRIBER, Stage
from clinic_events.contracts.notifications import MessageSent
from clinic_events.contracts.outcomes import (
    RiskAcknowledged,
    RiskClosed,
    RiskRaised,
    ScoreRecorded,
    SurveyAnswered,
    SurveyDue,
)

# The nine items of the PHQ-9 in their order, and what they are answered with.
BASELINE: Final = (3, 3, 2, 3, 2, 2, 2, 1, 0)
A_WEEK_LATER: Final = (1, 1, 1, 1, 1, 1, 0, 1, 1)
LINK: Final = re.compile(r"(http\S+/s)#(\S+)")
SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Invitation:
    assignment_id: str
    page: str
    secret: str = field(repr=False)


async def read_letter(stage: Stage, line: str) -> None:
    letter = await stage.letter(line)
    title = f"A letter: {line}"
    await stage.saw(title, MessageSent, about=letter.message_id, seen=str(letter))


async def answer_phq9(stage: Stage, title: str) -> None:
    await _answer(stage, title, _phq9(BASELINE))


async def answer_mood(stage: Stage, mood: int) -> None:
    await _answer(stage, "The mood rating", {"mood": mood})


async def answer_with_risk(stage: Stage) -> None:
    """The score is far better, and one item speaks of self-harm: a person is notified at once."""
    began = time.monotonic()
    crisis = await _answer(stage, "The weekly PHQ-9", _phq9(A_WEEK_LATER))
    account = f"“{crisis['text']}”"
    await stage.note("outcomes", "The crisis text is in the same answer", seen=account)
    await stage.saw("Item 9: a risk alert", RiskRaised, about=stage.patient_id)
    letter = await stage.letter("raised")
    seconds = time.monotonic() - began
    is_quick = "within seconds" if seconds < SECONDS else f"after {seconds:.0f} s"
    account = f"{letter}, {is_quick}"
    title = "The one on call is notified"
    await stage.saw(title, MessageSent, about=letter.message_id, seen=account)


async def acknowledge_alert(stage: Stage) -> None:
    alert = await _alert(stage)
    await stage.doors.post(NURSE, "outcomes", f"/v1/risk-alerts/{alert}/acknowledge")
    await stage.saw("A nurse takes it", RiskAcknowledged, about=alert)
    await stage.settle()


async def close_alert(stage: Stage) -> None:
    """By a clinician, with a level, a reason and a day to look again."""
    alert = await _alert(stage)
    closing: dict[str, object] = {
        "level": "low",
        "rationale": "Seen in person; a safety plan is agreed.",
        "follow_up_on": (await stage.now() + timedelta(days=2)).date().isoformat(),
    }
    await stage.doors.post(PRESCRIBER, "outcomes", f"/v1/risk-alerts/{alert}/close", closing)
    await stage.saw("A clinician closes the alert", RiskClosed, about=alert, seen="level low")
    await stage.settle()


async def _alert(stage: Stage) -> str:
    raised = await stage.witness.sees(RiskRaised, lambda alert: alert.key == stage.patient_id)
    return raised.event.alert_id


async def _answer(stage: Stage, title: str, answers: dict[str, object]) -> Any:
    """Follow the letter's link without a login, and answer. The crisis text, if there is one."""
    invited = await _invitation(stage, title)
    doors = stage.doors
    assert "<form" in await doors.page(invited.page), "The link leads to a page with a form."
    opening: dict[str, object] = {"secret": invited.secret}
    sitting = await doors.post(None, "outcomes", "/v1/survey-sessions", opening)
    answered = await doors.post(
        None,
        "outcomes",
        "/v1/survey-sessions/current/answers",
        {"answers": answers},
        **{"Survey-Credential": sitting["credential"]},
    )
    await stage.saw(f"{title}: answered", SurveyAnswered, about=invited.assignment_id)
    await _note_score(stage, title, invited.assignment_id)
    return answered["crisis"]


async def _invitation(stage: Stage, title: str) -> Invitation:
    """What the newest survey's letter holds."""
    due = await stage.witness.sees(SurveyDue, lambda due: due.patient_id == stage.patient_id)
    letter = await stage.letter("invitation", about=due.event.assignment_id)
    about = due.event.assignment_id
    await stage.saw(f"{title}: a link", SurveyDue, about=about, seen=str(letter))
    found = LINK.search(letter.text)
    assert found is not None, "A letter of a survey has a link."
    return Invitation(about, page=found[1], secret=found[2])


async def _note_score(stage: Stage, title: str, assignment_id: str) -> None:
    scored = await stage.witness.sees(
        ScoreRecorded, lambda score: score.assignment_id == assignment_id
    )
    score = scored.event
    account = f"{score.instrument} {score.total:g}"
    if score.change_percent is not None and score.baseline_total is not None:
        account += f", from {score.baseline_total:g}: {score.change_percent:.0f} % better"
        account += f"; response {score.response}, remission {score.remission}"
    await stage.saw(f"{title}: scored", ScoreRecorded, about=score.score_id, seen=account)


def _phq9(answers: tuple[int, ...]) -> dict[str, object]:
    return {str(item): answer for item, answer in enumerate(answers, start=1)}
