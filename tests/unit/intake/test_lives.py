"""Enquiries, patients and consultations: what is not drawn cannot happen; who is whom."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_intake.domain import consultation as consultations
from clinic_intake.domain import enquiry as enquiries
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.contact import marks_of
from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.errors import ConsultationNotBegun, NotAllowed
from clinic_intake.domain.patient import Changes
from clinic_intake.domain.place import CrisisPolicy
from clinic_intake.domain.screening import facts_of_patient
from clinic_platform.testing import NOON
from tests.support.intake import (
    CRISIS,
    NINE,
    a_consultation,
    a_contact,
    a_new_patient,
    a_patient,
    a_place,
    a_slot,
    an_enquiry,
    the_definitions,
)

BORN = date(1985, 4, 12)

OF_ENQUIRIES: dict[enquiries.Status, Callable[[Enquiry], enquiries.Fact]] = {
    enquiries.Status.OPEN: lambda e: e.receive(now=NOON),
    enquiries.Status.CONVERTED: lambda e: e.convert("pat_1", not_a_duplicate_of=(), now=NOON),
}
OF_CONSULTATIONS: dict[consultations.Status, Callable[[Consultation], consultations.Fact]] = {
    consultations.Status.BOOKED: lambda c: c.book(a_slot(NINE + timedelta(hours=1))),
    consultations.Status.HELD: lambda c: c.complete("usr_first", now=NINE),
    consultations.Status.CANCELLED: lambda c: c.cancel("ill"),
}


@pytest.mark.parametrize(("now", "then"), list(product(enquiries.Status, OF_ENQUIRIES)))
def test_an_enquiry_moves_only_along_its_arrows(
    now: enquiries.Status, then: enquiries.Status
) -> None:
    enquiry = replace(an_enquiry(), status=now)
    if then in enquiries.ARROWS[now]:
        assert enquiry.after(OF_ENQUIRIES[then](enquiry)).status is then
    else:
        with pytest.raises(NotAllowed):
            OF_ENQUIRIES[then](enquiry)


@pytest.mark.parametrize(("now", "then"), list(product(consultations.Status, OF_CONSULTATIONS)))
def test_a_consultation_moves_only_along_its_arrows(
    now: consultations.Status, then: consultations.Status
) -> None:
    consultation = replace(a_consultation(), status=now)
    if then in consultations.ARROWS[now]:
        assert consultation.after(OF_CONSULTATIONS[then](consultation)).status is then
    else:
        with pytest.raises(NotAllowed):
            OF_CONSULTATIONS[then](consultation)


def test_a_consultation_is_not_held_before_it_begins() -> None:
    booked = replace(a_consultation(), status=consultations.Status.BOOKED)
    with pytest.raises(ConsultationNotBegun):
        booked.complete("usr_first", now=NINE - timedelta(seconds=1))


def test_a_consultation_that_moves_is_the_same_at_another_time() -> None:
    booked = a_consultation().after(consultations.Booked(a_slot()))
    later = a_slot(NINE + timedelta(hours=1))
    moved = booked.after(booked.book(later))
    assert (moved.id, moved.slot, moved.revision) == (booked.id, later, 2)


def test_every_change_of_a_patient_is_a_new_version_of_the_card() -> None:
    patient = a_patient()
    fact = patient.change(a_contact(phone="555-0102"), birth_date=None, preferred_channel="sms")
    changed = patient.after(fact)
    assert (patient.card_version, changed.card_version) == (1, 2)
    assert (changed.contact.phone, changed.preferred_channel) == ("555-0102", "sms")


def test_what_is_not_changed_stays_as_it_is() -> None:
    contact = a_contact()
    assert Changes().of(contact) == contact
    changed = Changes(email="other@example.org").of(contact)
    assert changed == a_contact(email="other@example.org")


def test_a_patient_without_a_greeting_name_is_greeted_by_their_whole_name() -> None:
    assert a_contact().greeting == "Testa"
    assert a_contact(greeting_name=None).greeting == "Testa Sample"


@pytest.mark.parametrize(
    ("other", "born"),
    [
        ({"name": "Nobody Else", "phone": "555-0199", "email": "TESTA@example.org"}, None),
        ({"name": "Nobody Else", "phone": "1 (555) 0101", "email": "other@example.org"}, None),
        ({"name": "SAMPLE-Else Testa", "phone": "555-0199", "email": "other@example.org"}, BORN),
    ],
)
def test_the_same_email_phone_or_birthday_with_a_name_may_be_the_same_person(
    other: dict[str, str], born: date | None
) -> None:
    assert marks_of(a_contact(**other), born) & marks_of(a_contact(), BORN)


def test_strangers_who_share_a_birthday_have_nothing_in_common() -> None:
    other = a_contact(name="Nobody Else", phone="555-0199", email="other@example.org")
    assert not marks_of(other, BORN) & marks_of(a_contact(), BORN)


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2012, 1, 8), date(2030, 1, 7), 17),
        (date(2012, 1, 8), date(2030, 1, 8), 18),
        (date(2012, 2, 29), date(2030, 2, 28), 17),
        (date(2012, 2, 29), date(2030, 3, 1), 18),
    ],
)
def test_age_is_counted_in_full_years(born: date, day: date, age: int) -> None:
    assert a_new_patient(birth_date=born).age_on(day) == age


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.dates(date(2030, 1, 1), date(2100, 1, 1)))
def test_nobody_is_ever_a_year_older_than_the_day_before_unless_it_is_a_birthday(
    born: date, day: date
) -> None:
    patient = a_new_patient(birth_date=born)
    today, yesterday = patient.age_on(day), patient.age_on(day - timedelta(days=1))
    assert today is not None
    assert yesterday is not None
    birthdays = {(born.month, born.day), (3, 1) if (born.month, born.day) == (2, 29) else None}
    assert (today - yesterday == 1) <= ((day.month, day.day) in birthdays)
    assert today - yesterday in (0, 1)


def test_without_a_birthday_the_age_is_not_known() -> None:
    patient = a_new_patient(birth_date=None)
    assert facts_of_patient(patient, now=NOON)["age_years"].value is None


def test_a_birthday_begins_where_the_patient_is() -> None:
    patient = a_new_patient(birth_date=date(2012, 1, 8))
    evening_before = datetime(2030, 1, 8, 2, tzinfo=UTC)  # still the 7th in Chicago
    assert facts_of_patient(patient, now=evening_before)["age_years"].value == 17
    morning = evening_before + timedelta(hours=5)
    assert facts_of_patient(patient, now=morning)["age_years"].value == 18


def test_the_crisis_text_is_that_of_the_place_or_else_the_general_one() -> None:
    policy = the_definitions().crisis
    assert policy.at(a_place()) == CRISIS
    assert policy.at(None).phone == "112 or 911"


@pytest.mark.parametrize("document", [{}, {"rules": []}, {"rules": ["K-PSY-5"]}])
def test_a_crisis_policy_of_another_form_keeps_the_service_from_starting(
    document: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="crisis policy"):
        CrisisPolicy.parse(document)
