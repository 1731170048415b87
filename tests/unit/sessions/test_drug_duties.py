"""What is owed: a registration, an end of each incident, reports of losses, rules with sources."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from clinic_platform.data import load
from clinic_platform.decisions import Known
from clinic_sessions.domain.drugs.incident import Closed, Incident, Report, Resolution, release
from clinic_sessions.domain.drugs.ledger import Account
from clinic_sessions.domain.drugs.registration import ASKED_AGO, facts_of, monitoring_facts
from clinic_sessions.domain.drugs.rules import BadDrugRules, read_drug_rules
from clinic_sessions.domain.errors import IncidentClosed, NoSuchReport
from clinic_sessions.domain.places.location import Location, PrescriptionMonitoring
from tests.support.sessions import GATES, NOON, a_location, good_facts
from tests.support.sessions_drugs import (
    ADA,
    BEN,
    CHICAGO,
    RULES,
    a_vial,
)


def registered(**changes: object) -> Location:
    location = a_location()
    assert location.details.registration is not None
    registration = replace(location.details.registration, **changes)  # type: ignore[arg-type]  # its own
    return replace(location, details=replace(location.details, registration=registration))


@pytest.mark.parametrize(
    ("location", "at", "is_valid"),
    [
        (a_location(), NOON, True),
        (registered(expires_on=date(2030, 1, 7)), NOON, True),
        (registered(expires_on=date(2030, 1, 6)), NOON, False),
        # Half past eleven at night in Chicago, on the last day; and an hour later.
        (registered(expires_on=date(2030, 1, 6)), datetime(2030, 1, 7, 5, 30, tzinfo=UTC), True),
        (registered(expires_on=date(2030, 1, 6)), datetime(2030, 1, 7, 6, 30, tzinfo=UTC), False),
        (registered(schedules=("III", "IV")), NOON, False),
    ],
)
def test_a_registration_counts_for_its_schedule_until_its_last_day(
    location: Location, at: datetime, is_valid: bool
) -> None:
    facts = facts_of(location, at, schedule="IIIN")
    assert facts["registration_is_valid"].value is is_valid


def test_without_a_registration_or_a_known_schedule_no_dose_is_given_and_nobody_waives_it() -> None:
    location = a_location()
    without = replace(location, details=replace(location.details, registration=None))
    for place, schedule in ((without, "IIIN"), (location, None)):
        facts = facts_of(place, NOON, schedule=schedule)
        known = {**good_facts(NOON)}
        known.pop("registration_is_valid")
        receipt = GATES.decide({**known, **facts}, as_of=NOON)
        assert [f.rule for f in receipt.blocking] == ["G-REGISTRATION"]
        assert receipt.blocking[0].waivable_by == ()


def asked_by_law(before_dose: bool, every_days: int = 0) -> Location:
    rule = PrescriptionMonitoring(before_dose=before_dose, every_days=every_days, law="2030")
    location = a_location()
    return replace(location, details=replace(location.details, prescription_monitoring=rule))


@pytest.mark.parametrize(
    ("location", "days_ago", "is_missing"),
    [
        (asked_by_law(True, 7), 7, False),
        (asked_by_law(True, 7), 8, True),
        (asked_by_law(True, 0), 0, False),
        (asked_by_law(True, 0), 1, True),
        (asked_by_law(True, 7), None, None),  # nobody has noted when
        (asked_by_law(False), None, False),  # the law does not ask
        (a_location(), 0, False),  # the document does not state it: on the day of the dose
        (a_location(), 1, True),
        (a_location(), None, None),
    ],
)
def test_the_states_programme_is_asked_as_the_law_of_the_place_says(
    location: Location, days_ago: int | None, is_missing: bool | None
) -> None:
    noted = {} if days_ago is None else {ASKED_AGO: Known(value=days_ago, known_at=NOON)}
    facts = monitoring_facts(location, noted, NOON)
    if is_missing is None:
        assert facts == {}
    else:
        assert facts["pdmp_check_is_missing"].value is is_missing


def an_incident(*, expected: int = 500_000, found: int = 490_000) -> Incident:
    reports = tuple(
        Report(report=d.report, due_at=d.due_at(NOON.astimezone(CHICAGO)))
        for d in RULES.loss_reports
    )
    return Incident(
        id="inc_1",
        location_id="loc_sample",
        kind="count_differs",
        vial_id="via_1",
        session_id=None,
        expected=expected,
        found=found,
        opened_at=NOON,
        opened_by=ADA,
        reports=reports,
    )


def closed(incident: Incident, resolution: Resolution) -> Closed:
    return incident.close(resolution, "vial_overlooked", by=BEN, now=NOON)


def test_a_loss_is_reported_within_a_business_day_and_by_form_within_45_days() -> None:
    zone = ZoneInfo("America/Chicago")
    by_report = {d.report: d for d in RULES.loss_reports}
    friday = datetime(2030, 1, 4, 14, tzinfo=zone)
    due_at = by_report["dea_notification"].due_at(friday)
    assert due_at == datetime(2030, 1, 7, 14, tzinfo=zone)
    assert by_report["form_106"].due_at(friday) == datetime(2030, 2, 18, 14, tzinfo=zone)


@pytest.mark.parametrize(
    ("found", "resolution", "left", "unaccounted"),
    [
        (490_000, "written_off", 490_000, 10_000),
        (490_000, "theft_or_significant_loss", 490_000, 10_000),
        (505_000, "written_off", 505_000, -5_000),
        (490_000, "miscounted", 500_000, 0),
        (490_000, "explained", 500_000, 0),
    ],
)
def test_an_incident_is_closed_by_writing_off_or_by_leaving_the_ledger_as_it_is(
    found: int, resolution: Resolution, left: int, unaccounted: int
) -> None:
    incident, vial = an_incident(found=found), replace(a_vial(), incident_id="inc_1")
    after = vial.after(release(vial, incident, closed(incident, resolution)))
    assert (after.ledger.remaining, after.incident_id) == (left, None)
    assert after.ledger.balance(Account("unaccounted")) == unaccounted
    assert after.ledger.is_balanced


def test_an_incident_is_closed_once() -> None:
    incident = an_incident()
    incident = incident.after(closed(incident, "miscounted"))
    with pytest.raises(IncidentClosed):
        closed(incident, "written_off")


def test_only_what_a_person_has_found_to_be_a_loss_is_reported_and_once() -> None:
    incident = an_incident()
    with pytest.raises(NoSuchReport):
        incident.report("dea_notification", "LETTER-1", by=BEN, now=NOON)
    incident = incident.after(closed(incident, "theft_or_significant_loss"))
    made = incident.report("dea_notification", "LETTER-1", by=BEN, now=NOON)
    incident = incident.after(made)
    assert [report.report for report in incident.unreported] == ["form_106"]
    with pytest.raises(NoSuchReport) as refused:
        incident.report("dea_notification", "LETTER-2", by=BEN, now=NOON)
    assert refused.value.allowed == ["form_106"]


@pytest.mark.parametrize("name", ["rounding_ml", "reconcile", "count_tolerance"])
def test_rules_that_lack_a_part_or_a_source_are_refused(name: str) -> None:
    document = load("clinic_sessions", "drugs.yaml")
    with pytest.raises(BadDrugRules):
        read_drug_rules({key: value for key, value in document.items() if key != name})
    document["rounding_ml"] = {"value": 0.01, "source": ""}
    with pytest.raises(BadDrugRules):
        read_drug_rules(document)
