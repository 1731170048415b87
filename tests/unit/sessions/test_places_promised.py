"""Times that are held or offered, and what a change of the location does to them."""

from dataclasses import replace
from datetime import date

from clinic_sessions.domain.places.changes import Effect
from clinic_sessions.domain.places.hours import Closure
from clinic_sessions.domain.places.promised import promised_times
from tests.support.sessions import TOMORROW, a_hold, a_location, a_visit

DAY = date(2030, 1, 8)  # a Tuesday, as TOMORROW


def test_a_time_that_the_place_could_keep_and_cannot_any_more_is_listed_as_it_was() -> None:
    before = a_location()
    chairs = tuple(chair for chair in before.details.chairs if chair.name != "chair_1")
    after = replace(before, details=replace(before.details, chairs=chairs))
    held = a_hold(a_visit(chair="chair_1"))
    offered = replace(held, id="hld_2", offer_id="ofr_1")
    elsewhere = a_hold(a_visit(chair="chair_2"), number=3)

    found = promised_times(before, after, [held, offered, elsewhere], {})

    assert [(one.kind, one.hold_id, one.starts_at) for one in found] == [
        ("hold", "hld_1", TOMORROW),
        ("offer", "hld_2", TOMORROW),
    ]
    assert found[0].effects == (Effect("place_lost", "chair_1"),)
    assert promised_times(after, after, [held], {}) == ()


def test_a_time_that_was_broken_before_is_not_listed_again() -> None:
    before, closure = a_location(), Closure(id="c", first=DAY, last=DAY, reason="r", of=())
    shut = replace(before, details=replace(before.details, closures=(closure,)))
    assert [one.effects for one in promised_times(before, shut, [a_hold()], {})] == [
        (Effect("closed_day"),)
    ]
    assert promised_times(shut, shut, [a_hold()], {}) == ()
