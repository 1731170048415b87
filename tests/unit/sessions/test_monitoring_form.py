"""The monitoring form follows from the record, and what the record does not have is named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.data import load
from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.adverse_event import a_new_one
from clinic_sessions.domain.bedside.giving import DeviceGiven
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.drugs import moving
from clinic_sessions.domain.drugs.esketamine import (
    BadFieldMap,
    Due,
    MonitoringForm,
    Withdrawn,
    check_by_hand,
    missing_in,
    read_field_map,
    values_of,
)
from clinic_sessions.domain.drugs.sources import Record, Value
from clinic_sessions.domain.errors import FormIncomplete, FormSubmitted, NotByHand, NotSuchAnAnswer
from clinic_sessions.domain.session import Session, Status
from tests.support.sessions import NOON, a_reading
from tests.support.sessions_bedside import NAUSEA, SERIOUS
from tests.support.sessions_drugs import a_drawn_vial, a_field_map, a_hand, an_ended_session

MAP = a_field_map()


def readings(*at: tuple[int, int]) -> list[Reading]:
    """Minutes from the beginning of dosing, and MOAA/S."""
    return [
        replace(a_reading(n, minutes=minutes), systolic=120 + n, moaas=moaas)
        for n, (minutes, moaas) in enumerate(at)
    ]


def a_record(session: Session, taken: Sequence[Reading]) -> Record:
    vial = a_drawn_vial()
    vial = vial.after(moving.give(vial, a_hand(), session_id="ses_1", micrograms=41_000))
    given = [(vial.product.lot, entry) for entry in vial.ledger.entries if entry.kind == "given"]
    return Record(session=session, readings=taken, given=given, near=MAP.near)


def a_form() -> MonitoringForm:
    form = MonitoringForm(
        session_id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        field_map=MAP.id,
        due_at=NOON + MAP.submit_within,
    )
    return form.after(Due())


def test_a_whole_record_fills_the_whole_form() -> None:
    taken = readings((-5, 5), (20, 3), (38, 4), (60, 5), (120, 5))
    values = values_of(MAP, a_record(an_ended_session(), taken))
    assert missing_in(MAP, values) == ["vital_signs_acceptable", "dissociation"]
    assert (values["dose_mg"], values["lot"]) == (41.0, "LOT-SAMPLE-1")
    assert values["monitored_minutes"] == 130
    assert values["blood_pressure_before"] == "120/78"
    assert values["blood_pressure_at_40_minutes"] == "122/78"
    assert values["blood_pressure_at_end"] == "124/78"
    assert (values["sedation"], values["sedation_resolved_minutes"]) == (True, 60)
    assert values["sedation_onset_minutes"] == 20
    assert values["serious_adverse_event"] is False
    assert values["healthcare_provider"] == "usr_pre"


def test_without_a_ledger_the_form_has_the_devices_that_were_given_and_not_those_ordered() -> None:
    whole = an_ended_session()
    assert whole.order is not None
    order = replace(whole.order, dose_mg=84.0, devices=3, volume_ml=None, rate_mg_per_min=None)
    given = (DeviceGiven(number=1, at=NOON, by="usr_ada"),)
    aborted = replace(whole, order=order, devices=given, status=Status.ABORTED)
    record = replace(a_record(aborted, []), given=[])
    assert values_of(MAP, record)["dose_mg"] == 28.0
    untold = replace(aborted, order=replace(order, devices=None), devices=())
    assert "dose_mg" in missing_in(MAP, values_of(MAP, replace(record, session=untold)))


def test_a_reading_of_a_clock_that_is_wrong_is_of_no_known_minute() -> None:
    [behind] = readings((-5, 3))
    values = values_of(MAP, a_record(an_ended_session(), [replace(behind, clock="behind")]))
    assert "blood_pressure_before" in missing_in(MAP, values)


def test_what_was_not_measured_or_noted_is_missing_by_name_and_never_no() -> None:
    silent = replace(an_ended_session(), facts={})
    values = values_of(MAP, a_record(silent, []))
    assert missing_in(MAP, values) == [
        "blood_pressure_before",
        "blood_pressure_at_40_minutes",
        "blood_pressure_at_end",
        "pulse_oximetry",
        "vital_signs_acceptable",
        "prescriber_on_site",
        "concomitant_benzodiazepine",
        "concomitant_sedative",
        "concomitant_stimulant",
        "concomitant_maoi",
        "sedation",
        "dissociation",
    ]


def test_a_reading_far_from_40_minutes_is_not_the_one_at_40_minutes() -> None:
    record = a_record(an_ended_session(), readings((-5, 5), (29, 5), (51, 5)))
    assert "blood_pressure_at_40_minutes" not in values_of(MAP, record)
    near = a_record(an_ended_session(), readings((-5, 5), (31, 5), (39, 5), (50, 5)))
    assert values_of(MAP, near)["blood_pressure_at_40_minutes"] == "122/78"


def test_sedation_that_was_not_seen_to_end_has_no_end() -> None:
    record = a_record(an_ended_session(), readings((20, 5), (60, 3)))
    values = values_of(MAP, record)
    assert values["sedation"] is True
    assert "sedation_resolved_minutes" not in values


def test_whether_an_adverse_event_was_serious_is_for_a_person_to_state() -> None:
    mild = replace(an_ended_session(), adverse_event_grade_max=1)
    assert "serious_adverse_event" in missing_in(MAP, values_of(MAP, a_record(mild, [])))


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.ABORTED])
def test_what_a_clinician_called_serious_is_serious_however_the_session_ended(
    status: Status,
) -> None:
    event = a_new_one("aev_1", SERIOUS)
    session = replace(an_ended_session(), status=status, adverse_events=(event,))
    assert values_of(MAP, a_record(session, []))["serious_adverse_event"] is True
    mild = replace(session, adverse_events=(a_new_one("aev_1", NAUSEA),))
    assert "serious_adverse_event" in missing_in(MAP, values_of(MAP, a_record(mild, [])))


def test_of_a_session_that_was_cut_short_no_event_is_not_no_serious_one() -> None:
    short = replace(an_ended_session(), status=Status.ABORTED)
    assert "serious_adverse_event" in missing_in(MAP, values_of(MAP, a_record(short, [])))


def test_the_onset_of_sedation_and_dissociation_is_on_the_form_from_its_second_version_on() -> None:
    names = [field.name for field in MAP.fields]
    first = load("clinic_sessions", "forms/esketamine-monitoring@1.yaml")
    added = set(names) - {field["name"] for field in first["fields"]}
    assert (MAP.version, added) == (3, {"sedation_onset_minutes", "dissociation_onset_minutes"})
    awake = values_of(MAP, a_record(an_ended_session(), readings((20, 5))))
    assert "sedation_onset_minutes" not in awake


def test_a_person_fills_in_only_what_the_record_does_not_have() -> None:
    values = {"lot": "LOT-1"}
    check_by_hand(MAP, values, {"dissociation": True, "dissociation_onset_minutes": 20})
    for name in ("lot", "no_field"):
        with pytest.raises(NotByHand) as refused:
            check_by_hand(MAP, values, {name: "x"})
        assert refused.value.conflicts == [{"kind": "not_by_hand", "field": name}]


def test_a_note_before_the_dose_is_none_of_dissociation_after_it() -> None:
    noted = {"dissociation": Known(value=0, known_at=NOON)}
    before = replace(an_ended_session(), facts=noted)
    assert "dissociation" in missing_in(MAP, values_of(MAP, a_record(before, [])))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("concomitant_maoi", False, "perhaps"),
        ("blood_pressure_at_end", "124/80", False),
        ("blood_pressure_at_end", "124/80", "high"),
        ("dissociation_onset_minutes", 20, -1),
        ("dissociation_onset_minutes", 0, True),
        ("dose_mg", 56.0, 0),
        ("lot", "LOT-1", " "),
    ],
)
def test_a_person_fills_in_what_the_form_asks_for(name: str, good: Value, bad: Value) -> None:
    check_by_hand(MAP, {}, {name: good})
    with pytest.raises(NotSuchAnAnswer) as refused:
        check_by_hand(MAP, {}, {name: bad})
    assert [conflict["field"] for conflict in refused.value.conflicts] == [name]


def test_without_a_ledger_the_dose_is_the_one_that_was_ordered_and_the_lot_is_missing() -> None:
    record = replace(a_record(an_ended_session(), []), given=[])
    values = values_of(MAP, record)
    assert values["dose_mg"] == 41.0
    assert "lot" in missing_in(MAP, values)


def test_a_form_is_due_in_seven_days() -> None:
    assert a_form().due_at - NOON == timedelta(days=7)


def test_a_missing_field_is_refused_unless_it_was_filled_in_by_hand() -> None:
    form = a_form()
    with pytest.raises(FormIncomplete) as refused:
        form.submit(
            "FAX-1", {}, missing=["lot", "dissociation"], by_hand={"lot": "LOT-9"}, by="a", now=NOON
        )
    assert refused.value.conflicts == [{"kind": "missing", "field": "dissociation"}]
    sent = form.submit(
        "FAX-1", {"dose_mg": 41.0}, missing=["lot"], by_hand={"lot": "LOT-9"}, by="a", now=NOON
    )
    form = form.after(sent)
    assert not form.is_open
    assert (sent.values, sent.by_hand) == ({"dose_mg": 41.0}, {"lot": "LOT-9"})
    with pytest.raises(FormSubmitted):
        form.submit("FAX-2", {}, missing=[], by_hand={}, by="a", now=NOON)


def test_the_form_of_a_session_that_never_happened_is_not_sent() -> None:
    form = a_form().after(Withdrawn())
    with pytest.raises(FormSubmitted):
        form.submit("FAX-1", {}, missing=[], by_hand={}, by="a", now=NOON)


def test_a_map_from_a_source_that_is_not_there_is_refused() -> None:
    document = load("clinic_sessions", "forms/esketamine-monitoring@1.yaml")
    document["fields"] = [{"name": "x", "from": "session.nothing", "required": True}]
    with pytest.raises(BadFieldMap):
        read_field_map(document)
    del document["fields"]
    with pytest.raises(BadFieldMap):
        read_field_map(document)
