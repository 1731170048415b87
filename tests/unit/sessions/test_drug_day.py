"""When a day closes, and whether sessions and ledger agree."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest

from clinic_sessions.domain.bedside.giving import RateSet
from clinic_sessions.domain.drugs import moving
from clinic_sessions.domain.drugs.counting import Count
from clinic_sessions.domain.drugs.day import Span, unsettled
from clinic_sessions.domain.drugs.reconciling import (
    Difference,
    Dose,
    Stretch,
    differences,
    dose_of,
    is_drawn,
    moved_for,
    sessions_moved,
)
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.facts import Course, Voided
from clinic_sessions.domain.session import Session, Status
from tests.support.sessions import NOON, a_session
from tests.support.sessions_drugs import (
    ADA,
    BEN,
    RULES,
    a_drawn_vial,
    a_hand,
    a_vial,
    a_vial_with,
    an_ended_session,
    taken,
)

A_COURSE = Course("iv-ketamine-depression", 1, 6, 1, "iv")
FROM_NOON_ON = Stretch(NOON, NOON + timedelta(days=1))
DAY = Span.of(date(2030, 1, 7), "America/Chicago")


def counted(vial: Vial, *people: str, minutes: int = 60) -> Vial:
    expected = vial.ledger.in_the_vial
    at = NOON + timedelta(minutes=minutes)
    counts = tuple(
        Count(shift="end", found=expected, expected=expected, tolerance=0, at=at, by=person)
        for person in people
    )
    return replace(vial, counts=counts)


def kinds(vial: Vial, *found: Difference) -> list[object]:
    return [conflict["kind"] for conflict in unsettled([vial], found, DAY)]


def given_vial(mg: int = 41) -> Vial:
    vial = a_drawn_vial(mg)
    return vial.after(moving.give(vial, a_hand(), session_id="ses_1", micrograms=mg * 1000))


def a_dose(*, mg: float = 41) -> Dose:
    ordered = round(mg * 1000)
    return Dose(
        session_id="ses_1",
        ordered=ordered,
        given=ordered,
        tolerance=0,
        is_over=True,
    )


def a_dose_of(session: Session) -> Dose:
    dose = dose_of(session)
    assert dose is not None
    return dose


def a_dosed_session(
    *, minutes: int, rate: float | None = 1.0, status: Status = Status.COMPLETED
) -> Session:
    """41 mg were ordered; it ran for so many minutes, in mg per minute."""
    session = an_ended_session()
    assert session.order is not None
    rates = [
        RateSet(at=NOON, rate_mg_per_min=mg, why="started", reason="", by="usr_ada")
        for mg in (rate,)
        if mg is not None
    ]
    return replace(
        session,
        order=replace(session.order, rate_mg_per_min=rate),
        rates=tuple(rates),
        dosing_ended_at=NOON + timedelta(minutes=minutes),
        status=status,
    )


def found(dose: Dose, vial: Vial) -> list[Difference]:
    return list(
        differences(
            [dose], [vial], known={"ses_1"}, rounding_ml=RULES.rounding_ml, during=FROM_NOON_ON
        )
    )


def test_a_day_closes_once_two_people_have_counted_what_is_left() -> None:
    assert kinds(a_vial()) == ["not_counted"]
    assert kinds(counted(a_vial(), ADA)) == ["not_counted"]
    assert kinds(counted(a_vial(), ADA, BEN)) == []


def test_a_count_before_the_last_entry_proves_nothing() -> None:
    vial = a_vial_with()
    vial = vial.after(moving.store(vial, a_hand(minutes=90)))
    assert kinds(counted(vial, ADA, BEN)) == ["not_counted"]
    assert kinds(counted(vial, ADA, BEN, minutes=91)) == []


def test_a_vial_that_somebody_has_and_a_syringe_that_is_full_keep_the_day_open() -> None:
    conflicts = unsettled([counted(a_drawn_vial(), ADA, BEN)], [], DAY)
    assert conflicts == [
        {"kind": "checked_out", "vial_id": "via_1", "of": ADA, "mg": 459.0},
        {"kind": "syringe_open", "vial_id": "via_1", "of": "ses_1", "mg": 41.0},
    ]


def test_an_incident_and_a_dose_without_a_draw_keep_the_day_open() -> None:
    blocked = replace(counted(a_vial(), ADA, BEN), incident_id="inc_1")
    [missing] = found(a_dose(), a_vial())
    conflicts = unsettled([blocked], [missing], DAY)
    assert conflicts[0] == {"kind": "incident", "vial_id": "via_1", "incident_id": "inc_1"}
    assert conflicts[1] == {
        "kind": "no_draw",
        "session_id": "ses_1",
        "vial_id": None,
        "expected_mg": 41.0,
        "found_mg": 0.0,
    }


def test_a_day_that_is_closed_late_is_judged_by_its_own_end() -> None:
    vial = counted(a_vial(), ADA, BEN)
    tomorrow = a_hand(minutes=24 * 60)
    assert kinds(taken(vial, tomorrow)) == []


def test_what_was_out_at_the_end_of_a_day_keeps_it_open_until_it_is_back() -> None:
    vial = counted(a_vial_with(), ADA, BEN)
    assert kinds(vial) == ["checked_out"]
    back = vial.after(moving.store(vial, a_hand(minutes=24 * 60)))
    assert kinds(back) == []
    out_again = taken(back, a_hand(BEN, minutes=25 * 60))
    assert kinds(out_again) == []


def test_a_day_is_as_long_as_the_local_time_of_the_place_has_it() -> None:
    spring = Span.of(date(2030, 3, 10), "America/Chicago")
    assert (spring.ends_at.astimezone(UTC) - spring.starts_at.astimezone(UTC)) == timedelta(
        hours=23
    )


def test_a_dose_that_was_drawn_given_and_its_rest_wasted_agrees() -> None:
    assert found(a_dose(), given_vial()) == []


def test_what_is_drawn_too_much_and_not_wasted_differs() -> None:
    vial = a_drawn_vial(50)
    vial = vial.after(moving.give(vial, a_hand(), session_id="ses_1", micrograms=41_000))
    [difference] = found(a_dose(), vial)
    assert (difference.kind, difference.found) == ("syringe_open", 9_000)


@pytest.mark.parametrize(("mg", "agrees"), [(41.5, True), (41.51, False), (40.49, False)])
def test_given_and_dose_agree_within_one_graduation_of_the_syringe(mg: float, agrees: bool) -> None:
    """0.01 mL at 50 mg/mL are 0.5 mg."""
    differing = [d.kind for d in found(a_dose(mg=mg), given_vial())]
    assert differing == ([] if agrees else ["given_differs"])


def test_of_a_dose_cut_short_what_went_in_by_rate_and_time_is_expected() -> None:
    """Twenty minutes at 1 mg/min; a minute's worth, and the rounding, more or less are not seen."""
    short = a_dose_of(a_dosed_session(minutes=20, status=Status.ABORTED))
    assert (short.ordered, short.given, short.tolerance) == (41_000, 20_000, 1_000)
    agrees = {mg: found(short, given_vial(mg)) == [] for mg in (18, 19, 20, 21, 22)}
    assert agrees == {18: False, 19: True, 20: True, 21: True, 22: False}
    stopped_early = a_dose_of(a_dosed_session(minutes=20))
    assert stopped_early.given == 20_000


def test_of_a_whole_dose_all_that_was_ordered_is_expected() -> None:
    whole = a_dose_of(a_dosed_session(minutes=41))
    assert (whole.given, whole.tolerance) == (41_000, 0)


def test_an_injection_cut_short_may_be_less_than_ordered_and_never_more() -> None:
    """No rate shows how much of it went in."""
    short = a_dose_of(a_dosed_session(minutes=20, rate=None, status=Status.ABORTED))
    assert short.given is None
    assert found(short, given_vial(20)) == []
    assert [d.kind for d in found(short, given_vial(60))] == ["given_differs"]


def test_what_was_given_to_nobody_is_a_difference() -> None:
    vial = given_vial()
    nobody = differences(
        [], [vial], known=set(), rounding_ml=RULES.rounding_ml, during=FROM_NOON_ON
    )
    assert [(d.kind, d.session_id, d.vial_id) for d in nobody] == [
        ("given_without_session", "ses_1", "via_1")
    ]
    later = Stretch(NOON + timedelta(minutes=1), FROM_NOON_ON.until)
    assert sessions_moved([vial], later) == set()


def test_an_entry_that_was_taken_back_is_not_reconciled() -> None:
    vial = given_vial()
    vial = vial.after(moving.correct(vial, a_hand(BEN), len(vial.ledger.entries)))
    assert [d.kind for d in found(a_dose(), vial)] == ["syringe_open", "given_differs"]


def test_a_dose_is_drawn_once_the_syringe_has_it() -> None:
    moved = moved_for("ses_1", [a_drawn_vial()], RULES.rounding_ml)
    assert is_drawn(41.3, moved)
    assert not is_drawn(41.6, moved)
    assert not is_drawn(41.0, moved_for("ses_2", [a_drawn_vial()], RULES.rounding_ml))


def test_a_session_that_never_was_dosed_or_is_void_without_a_dose_has_none() -> None:
    assert dose_of(a_session()) is None
    voided = an_ended_session().after(Voided(NOON, "not_given", without_dose=True))
    assert dose_of(voided) is None


def test_a_dose_whose_record_was_voided_is_what_it_was() -> None:
    void = Voided(NOON, "booking_error", without_dose=False)
    aborted = replace(an_ended_session(), status=Status.ABORTED)
    completed = replace(an_ended_session(), course=A_COURSE)
    for ended in (aborted, completed):
        assert dose_of(ended.after(void)) == dose_of(ended)
