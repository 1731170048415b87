"""What is received about treatment, and which surveys are promised because of it."""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from clinic_events import (
    DosingStarted,
    LocationPublished,
    PatientRegistered,
    PlanStarted,
    SeriesCompleted,
    SessionCompleted,
    SessionVoided,
)
from clinic_events.tracing import current
from clinic_outcomes.domain.place import Crisis, Place
from clinic_outcomes.domain.survey_plan import Anchor, PlannedSurvey, SurveyPlan, survey_key
from clinic_outcomes.domain.treatment import Dose, Plan, Treatment
from clinic_outcomes.handlers.surveys import Surveys
from clinic_outcomes.ports import Places, Treatments
from clinic_platform.clock import Clock
from clinic_platform.promises import Promise, PromiseRow, Promises, State
from clinic_platform.schedules import Schedules
from clinic_platform.together import together

# A plan's promises are planned at its start, and again whenever its series is over: by the version
# that the plan has then, which is never below `AT_END`.
AT_START, AT_END = 1, 2

SUPERSEDED: Final = "superseded"  # by what came after it: a later session, or a correction


@dataclass(frozen=True, slots=True)
class Planning:
    places: Places
    treatments: Treatments
    surveys: Surveys
    promises: Promises
    plans: Schedules[SurveyPlan]
    clock: Clock

    async def keep_place(self, published: LocationPublished) -> None:
        crisis = Crisis(text=published.crisis.text, phone=published.crisis.phone)
        place = Place(
            location_id=published.location_id,
            version=published.location_version,
            display_name=published.display_name,
            zone=published.zone,
            crisis=crisis,
        )
        await self.places.keep(place)

    async def know_patient(self, registered: PatientRegistered) -> None:
        await self.treatments.know_patient(registered.patient_id, registered.location_id)

    async def plan_baseline(self, started: PlanStarted) -> None:
        """A plan asks for a baseline at once: before the first dose, or never. What goes with it
        its protocol names."""
        plan = Plan(
            id=started.plan_id,
            patient_id=started.patient_id,
            location_id=started.location_id,
            started_at=started.started_at,
        )
        await self.treatments.know_patient(plan.patient_id, plan.location_id)
        await self.treatments.start_plan(plan)
        surveys = self.plans.named(started.surveys)
        lines = surveys.at(Anchor.PLAN_STARTED)
        promised = _promised(surveys, lines, started, about=plan.id, since=plan.started_at)
        await self.promises.plan(plan.id, AT_START, promised, reason=SUPERSEDED)

    async def note_dose(self, started: DosingStarted) -> None:
        """From the first dose on there is no baseline any more."""
        dose = Dose(
            session_id=started.session_id,
            patient_id=started.patient_id,
            location_id=started.location_id,
            version=started.session_version,
            started_at=started.started_at,
            dose_mg=started.dose_mg,
            mg_per_kg=started.mg_per_kg,
            route=started.route,
        )
        await self.treatments.record_dose(dose)
        known = await self.treatments.of_patient(dose.patient_id)
        await self._end_baseline(dose.patient_id, known)

    async def plan_surveys(self, completed: SessionCompleted) -> None:
        """A completed session starts its surveys and takes the place of the one before.

        A corrected one moves what is still to come; an event that is not newer changes nothing.
        """
        dose = _dose_of(completed)
        known, rows = await self._known_of(dose.patient_id)
        known = known.with_dose(dose)
        *earlier, latest = known.completed_in(dose.plan_id)
        promised = self._after(dose, rows, is_latest=latest == dose)
        if not await self.promises.plan(dose.session_id, dose.version, promised, reason=SUPERSEDED):
            return
        await self.treatments.record_dose(dose)
        await self._end_baseline(dose.patient_id, known)
        await self._supersede(earlier, rows)
        if latest != dose:
            await self._ask_again(latest, rows)

    async def plan_follow_up(self, series: SeriesCompleted) -> None:
        """Once for each time it was completed: those of an earlier time were taken back."""
        surveys = self.plans.named(series.surveys)
        lines = surveys.at(Anchor.SERIES_COMPLETED)
        about, since = series.plan_id, series.completed_at
        version = max(series.plan_version or AT_END, AT_END)
        promised = [
            replace(one, key=f"{one.key}:{version}")
            for one in _promised(surveys, lines, series, about=about, since=since)
        ]
        await self.promises.plan(about, version, promised, reason=SUPERSEDED)

    async def withdraw_surveys(self, voided: SessionVoided) -> None:
        """What hung on the session is taken back: promised, or open and unanswered. What it had
        ended of the session before is promised again."""
        about, version = voided.session_id, voided.session_version
        if not await self.promises.plan(about, version, [], reason="session_voided"):
            return
        known, rows = await self._known_of(voided.patient_id)
        await self.treatments.void_dose(about, voided.patient_id, version=version)
        await self.surveys.withdraw_open(
            voided.patient_id, about=[about], surveys=None, reason="session_voided"
        )
        await self._withdraw_follow_up(voided, rows)
        for latest in known.without(about).completed_in(voided.plan_id)[-1:]:
            await self._ask_again(latest, rows)

    async def _known_of(self, patient_id: str) -> tuple[Treatment, list[PromiseRow]]:
        return await together(
            self.treatments.of_patient(patient_id), self.promises.of_person(patient_id)
        )

    async def _withdraw_follow_up(self, voided: SessionVoided, rows: Sequence[PromiseRow]) -> None:
        """The series is not over, if it was: it lacks the one that was voided."""
        surveys = {line.id for line in self._lines() if line.anchor is Anchor.SERIES_COMPLETED}
        keys = [
            one.key
            for one in rows
            if one.about == voided.plan_id and one.facts.get("survey") in surveys
        ]
        await self.promises.withdraw(*keys, reason="session_voided")
        await self.surveys.withdraw_open(
            voided.patient_id, about=[voided.plan_id], surveys=surveys, reason="session_voided"
        )

    async def _end_baseline(self, patient_id: str, treatment: Treatment) -> None:
        if treatment.plan is not None and treatment.first_dose_at is not None:
            surveys = {line.id for line in self._lines() if line.is_baseline}
            await self._withdraw(patient_id, [treatment.plan.id], surveys)

    async def _supersede(self, earlier: Sequence[Dose], rows: Sequence[PromiseRow]) -> None:
        """Surveys that last until the next session end with it."""
        if earlier:
            about, ended = [dose.session_id for dose in earlier], _superseded(rows)
            await self._withdraw(earlier[0].patient_id, about, self._until_next(), ended)

    async def _ask_again(self, latest: Dose, rows: Sequence[PromiseRow]) -> None:
        """What a later session had ended is promised as if it had never been; what is over by now
        lapses as any that is late. What was asked already is not asked again."""
        known, until_next = {row.key for row in rows}, self._until_next()
        promised = self._after(latest, rows, is_latest=True)
        lacking = [p for p in promised if p.facts["survey"] in until_next and p.key not in known]
        if lacking:
            await self.promises.make(*lacking)

    def _after(self, dose: Dose, rows: Sequence[PromiseRow], *, is_latest: bool) -> list[Promise]:
        """What is promised because a session is completed."""
        if dose.completed_at is None:
            return []
        surveys = self.plans.named(dose.surveys)
        lines = surveys.at(Anchor.SESSION_COMPLETED, is_latest=is_latest)
        about, since = dose.session_id, dose.completed_at
        return _promised(surveys, lines, dose, about=about, since=since, ended=_superseded(rows))

    async def _withdraw(
        self,
        patient_id: str,
        about: Sequence[str],
        surveys: Collection[str],
        ended: Container[str] = (),
    ) -> None:
        keys = [survey_key(one, survey, ended) for one in about for survey in surveys]
        await self.promises.withdraw(*keys, reason=SUPERSEDED)
        await self.surveys.withdraw_open(
            patient_id, about=about, surveys=surveys, reason=SUPERSEDED
        )

    def _until_next(self) -> set[str]:
        return {line.id for line in self._lines() if line.until_next_session}

    def _lines(self) -> list[PlannedSurvey]:
        """Of all plans: an id means the same in each, so it need not be known which one it was."""
        return [line for plan in self.plans for line in plan.surveys]


def _promised(
    plan: SurveyPlan,
    lines: Sequence[PlannedSurvey],
    whose: PlanStarted | Dose | SeriesCompleted,
    *,
    about: str,
    since: datetime,
    ended: Container[str] = (),
) -> list[Promise]:
    cause = current()
    return [
        Promise(
            key=survey_key(about, line.id, ended),
            kind="open_survey",
            about=about,
            person=whose.patient_id,
            rule=plan.rule(line),
            why=about if cause is None else cause.id,
            due_at=line.due(since),
            useful_until=line.expires(since),
            facts={
                "survey": line.id,
                "instrument": line.instrument,
                "instrument_version": line.instrument_version,
                "is_baseline": line.is_baseline,
                "location_id": whose.location_id,
            },
        )
        for line in lines
    ]


def _superseded(rows: Sequence[PromiseRow]) -> set[str]:
    """The keys of those that ended because of what came after."""
    ended = (row for row in rows if row.state is State.WITHDRAWN)
    return {row.key for row in ended if row.reason == SUPERSEDED}


def _dose_of(completed: SessionCompleted) -> Dose:
    return Dose(
        session_id=completed.session_id,
        patient_id=completed.patient_id,
        location_id=completed.location_id,
        version=completed.session_version,
        started_at=completed.dosing_started_at,
        dose_mg=completed.dose_mg,
        mg_per_kg=completed.mg_per_kg,
        route=completed.route,
        plan_id=completed.plan_id,
        infusion_number=completed.infusion_number,
        completed_at=completed.completed_at,
        surveys=completed.surveys,
    )
