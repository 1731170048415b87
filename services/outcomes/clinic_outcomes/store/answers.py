"""Answers and scores, kept in MongoDB for ever: nothing here changes a document."""

from dataclasses import asdict
from typing import Self

from clinic_events.ports import Database, Document, Outbox
from clinic_outcomes.domain.assignment import AnswerSheet
from clinic_outcomes.domain.errors import SurveyNotFound
from clinic_outcomes.domain.instrument import Scoring, Screening
from clinic_outcomes.domain.score import Change, Comparison, Score
from clinic_outcomes.publishing import of_score


class MongoSheets:
    """The port `Sheets`."""

    def __init__(self, database: Database) -> None:
        self._sheets = database.collection("answers")

    @classmethod
    async def open_in(cls, database: Database) -> Self:
        await database.collection("answers").create_index([("assignment_id", 1)], unique=True)
        return cls(database)

    async def keep(self, sheet: AnswerSheet) -> None:
        document = {"_id": sheet.id, **asdict(sheet), "revision": 1}
        await self._sheets.insert_one(document)

    async def of_assignment(self, assignment_id: str) -> AnswerSheet:
        found = await self._sheets.find_one({"assignment_id": assignment_id})
        if found is None:
            raise SurveyNotFound
        return AnswerSheet(**{name: found[name] for name in AnswerSheet.__slots__})


class MongoScores:
    """The port `Scores`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._scores = database.collection("scores")
        self._outbox = outbox

    @classmethod
    async def open_in(cls, database: Database, outbox: Outbox) -> Self:
        keys = [("patient_id", 1), ("instrument", 1), ("answered_at", 1)]
        await database.collection("scores").create_index(keys)
        return cls(database, outbox)

    async def record(self, score: Score) -> None:
        async def work() -> None:
            await self._scores.insert_one(_document(score))
            events = of_score(score)
            if events:
                await self._outbox.append(*events, sequence=1)

        await self._database.transaction(work)

    async def of_patient(self, patient_id: str, instrument: str) -> list[Score]:
        where = {"patient_id": patient_id, "instrument": instrument}
        return [_score(d) for d in await self._scores.find(where, sort=[("answered_at", 1)])]


def _document(score: Score) -> Document:
    document = {"_id": score.id, **asdict(score), "revision": 1}
    document["scoring"]["screening"] = score.scoring.screening.value
    if score.comparison is not None and score.comparison.change is not None:
        document["comparison"]["change"] = score.comparison.change.value
    return document


def _score(found: Document) -> Score:
    fields = {name: found[name] for name in Score.__slots__}
    return Score(
        **{
            **fields,
            "scoring": _scoring(found["scoring"]),
            "comparison": found["comparison"] and _comparison(found["comparison"]),
        }
    )


def _scoring(found: Document) -> Scoring:
    return Scoring(**{**found, "screening": Screening(found["screening"])})


def _comparison(found: Document) -> Comparison:
    change = None if found["change"] is None else Change(found["change"])
    return Comparison(**{**found, "change": change})
