"""A protocol's file is read strictly: one test for each rule, with a file that breaks it."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_sessions.domain.protocols.protocol import (
    BadProtocol,
    DoseBounds,
    FixedDoses,
    Protocol,
)
from clinic_sessions.domain.protocols.reading import read_protocol
from tests.support.protocols import FILES, GONE, a_document, a_limit, change, sourced

ESKETAMINE: Final = "intranasal-esketamine-depression"
LIMITS: Final = "monitoring__limits"
EVERY: Final = "monitoring__during_every_minutes"
HOUR: Final = timedelta(hours=1)
UNSOURCED: Final = {"value": 48, "source": "I think so"}
STAGE: Final = "spacing.stages[0]"


def stage(from_infusion: int, least: float, most: float) -> dict[str, object]:
    hours = {"least_hours": sourced(least), "most_hours": sourced(most)}
    return {"from_infusion": sourced(from_infusion), **hours}


# What is changed in the file, where it is wrong then, and the rule that is named.
FORM: Final = [
    ({"spacing": GONE}, "spacing", "is missing"),
    ({"spacing__least_hours": GONE}, "spacing.least_hours", "is missing"),
    ({"spacing": 48}, "spacing", "is not a mapping"),
    ({"hard_limit": 1}, "", "has an unknown field"),
    ({"dose__hard_most_mg_kg": sourced(2)}, "dose", "has an unknown field"),
    ({"phases__0__needs__0__chair": "x"}, "phases[0].needs[0]", "has an unknown field"),
    ({"protocol": "IV Ketamine"}, "protocol", "is not a name"),
    ({"version": 0}, "version", "is not from 1"),
    ({"version": True}, "version", "is not a number"),
    ({"version": "2"}, "version", "is not a number"),
    ({"route": "oral"}, "route", "is none of iv, im, intranasal"),
    ({"infusions": 6}, "infusions", "is not a mapping"),
    ({"infusions": sourced(2.5)}, "infusions", "is not a whole number"),
    ({"spacing__least_hours": {"value": 48}}, "spacing.least_hours.source", "is missing"),
    ({"spacing__least_hours": UNSOURCED}, "spacing.least_hours.source", "names no address"),
    ({"spacing__least_hours": sourced(float("nan"))}, "spacing.least_hours.value", "is not from"),
    ({"spacing__least_hours": sourced(10**400)}, "spacing.least_hours.value", "is not from"),
    ({"dose__least_mg_per_kg": sourced(-1)}, "dose.least_mg_per_kg.value", "is not from"),
    ({"phases": {}}, "phases", "is not a list"),
    ({"phases__0__needs__0": {}}, "phases[0].needs[0]", "is not exactly one of"),
    ({"phases__0__needs__0": {"place": "sofa"}}, "phases[0].needs[0].place", "is none of"),
    (
        {"phases__0__needs__0": {"place": "chair", "shared": True}},
        "phases[0].needs[0]",
        "what is no person",
    ),
    (
        {"phases__0__needs__0": {"person": "nurse", "at_most": sourced(4)}},
        "phases[0].needs[0].at_most",
        "bounds what is not shared",
    ),
    ({"phases__0__needs__0": {"person": "nurse", "shared": 1}}, "phases[0].needs[0].shared", "is"),
    ({"monitoring__confirm_within_minutes": [sourced(2)]}, None, "is not two numbers"),
    ({"consents": ["off_label_use"]}, "consents", "lack treatment"),
    ({"consents": []}, "consents", "lack treatment"),
    ({"waivers__0__roles": []}, "waivers[0].roles", "are not among"),
    ({"waivers__0__roles": ["janitor"]}, "waivers[0].roles", "are not among"),
    ({LIMITS: []}, "monitoring.limits", "is empty"),
    ({LIMITS: [a_limit("a", "caution")]}, "monitoring.limits[0]", "has no parameter"),
    ({LIMITS: [a_limit("a", "shout", at_least=1)]}, "monitoring.limits[0].level", "is none of"),
    (
        {LIMITS: [a_limit("a", "stop", at_least=1, parameter="mood")]},
        "monitoring.limits[0]",
        "has no parameter",
    ),
    (
        {LIMITS: [a_limit("a", "stop", at_least=1, source="me")]},
        "monitoring.limits[0].source",
        "names no address",
    ),
]

SENSE: Final = [
    ({"spacing__most_hours": sourced(24)}, "spacing.most_hours", "is below least_hours"),
    ({"spacing__within_days": sourced(5)}, "spacing.within_days", "is too short"),
    ({"spacing__stages": [stage(2, 120, 400)]}, "spacing.within_days", "is too short"),
    ({"spacing__stages": [stage(7, 72, 200)]}, f"{STAGE}.from_infusion", "no such infusion"),
    ({"spacing__stages": [stage(4, 72, 60)]}, f"{STAGE}.most_hours", "is below least_hours"),
    ({"spacing__stages": [stage(4, 24, 200)]}, f"{STAGE}.least_hours", "is below that of"),
    ({"spacing__stages": [stage(4, 60, 72)]}, f"{STAGE}.most_hours", "is below that of"),
    (
        {"spacing__stages": [stage(4, 48, 200), stage(4, 48, 200)]},
        "spacing.stages[1].from_infusion",
        "is not above that of the stage before",
    ),
    ({"dose__start_mg_per_kg": sourced(0.2)}, "dose.start_mg_per_kg", "is below the bound before"),
    ({"dose__soft_most_mg_per_kg": sourced(0.4)}, "dose.soft_most_mg_per_kg", "is below the bound"),
    ({"dose__hard_most_mg_per_kg": sourced(0.9)}, "dose.hard_most_mg_per_kg", "is below the bound"),
    ({"dose__step_mg_per_kg": sourced(2)}, "dose.step_mg_per_kg", "is above hard_most"),
    ({"giving__concentration_mg_per_ml": GONE}, "giving.concentration_mg_per_ml", "is missing"),
    ({"giving__dilute_above_mg_per_ml": GONE}, "giving", "needed in a vein"),
    ({"giving__minutes": sourced(1)}, "giving.minutes", "would run faster"),
    ({"phases__0__after_minutes": sourced(5)}, "phases[0].after_minutes", "is not where"),
    ({"phases__1__after_minutes": sourced(20)}, "phases[1].after_minutes", "is not where"),
    ({"phases__1__after_minutes": sourced(10)}, "phases[1].after_minutes", "is not where"),
    ({"phases__1__name": "preparation"}, "phases", "has one name twice"),
    ({"phases__1__name": "infusing"}, "phases", "has none of the name dosing"),
    ({"phases__0__needs": []}, "phases[0].needs", "is empty"),
    ({"phases__1__needs": [{"place": "chair"}]}, "phases", "has nobody with the patient"),
    ({"giving__minutes": sourced(50)}, "phases", "has less time for dosing"),
    ({"monitoring__observe_at_least_minutes": sourced(90)}, "phases", "end before"),
    ({"monitoring__escalate_after_minutes": sourced(3)}, None, "is not above late_after"),
    (
        {"monitoring__late_after_minutes": sourced(5), EVERY: sourced(5)},
        None,
        "is not below the time between",
    ),
    ({"monitoring__confirm_within_minutes": [sourced(5), sourced(2)]}, None, "falls"),
    ({"waivers__1": {"gate": "G-RISK", "roles": ["prescriber"]}}, "waivers", "one name twice"),
    (
        {LIMITS: [a_limit("a", "pause", at_least=180), a_limit("b", "stop", at_least=170)]},
        "monitoring.limits",
        "has stop of systolic_high no further than pause",
    ),
    (
        {LIMITS: [a_limit("a", "caution", at_most=90), a_limit("b", "pause", at_most=95)]},
        "monitoring.limits",
        "has pause of systolic_low no further than caution",
    ),
    (
        {
            LIMITS: [
                a_limit("a", "caution", against_baseline=30),
                a_limit("b", "pause", against_baseline=30),
            ]
        },
        "monitoring.limits",
        "no further than caution",
    ),
    (
        {LIMITS: [a_limit("a", "stop", at_least=190), a_limit("b", "stop", at_least=200)]},
        "monitoring.limits",
        "has stop of systolic_high twice",
    ),
    (
        {LIMITS: [a_limit("a", "pause", at_least=180), a_limit("a", "stop", at_least=200)]},
        "monitoring.limits",
        "has one name twice",
    ),
]
DEVICES: Final = [
    ({"dose__doses_mg": []}, "dose.doses_mg", "are not one or more"),
    ({"dose__doses_mg": [sourced(84), sourced(56)]}, "dose.doses_mg", "each above the one before"),
    ({"dose__doses_mg": [sourced(50)]}, "dose.doses_mg", "are not given by whole devices"),
    ({"dose__start_mg": sourced(28)}, "dose.start_mg", "is none of doses_mg"),
    ({"giving__minutes": sourced(5)}, "giving.minutes", "is too short for the devices"),
    ({"dose__start_mg_per_kg": sourced(1)}, "dose", "has an unknown field"),
    ({"monitoring__observe_at_least_minutes": sourced(141)}, "phases", "end before"),
]


def refusal(document: object) -> BadProtocol:
    with pytest.raises(BadProtocol) as refused:
        read_protocol(document)
    return refused.value


@pytest.mark.parametrize(("changes", "field", "rule"), [*FORM, *SENSE])
def test_a_file_that_breaks_a_rule_is_refused_by_its_field_and_the_rule(
    changes: dict[str, Any], field: str | None, rule: str
) -> None:
    refused = refusal(a_document(**changes))
    assert rule in refused.rule
    assert field is None or refused.field == field


@pytest.mark.parametrize(("changes", "field", "rule"), DEVICES)
def test_a_file_of_devices_that_breaks_a_rule_is_refused(
    changes: dict[str, Any], field: str, rule: str
) -> None:
    refused = refusal(a_document(ESKETAMINE, **changes))
    assert (refused.field, rule in refused.rule) == (field, True)


@pytest.mark.parametrize("changes", [{"secret_name": 1}, {"drug": "secret value"}])
def test_a_refusal_repeats_nothing_of_the_file(changes: dict[str, Any]) -> None:
    assert "secret" not in str(refusal(a_document(**changes)))


def test_limits_on_two_sides_of_a_parameter_and_with_symptoms_do_not_order_one_another() -> None:
    limits = [
        a_limit("a", "pause", at_least=180),
        a_limit("b", "stop", at_least=200),
        a_limit("c", "stop", at_least=180, with_any=["chest_pain"]),
        a_limit("d", "caution", at_most=94),
        a_limit("e", "caution", against_baseline=30),
        a_limit("f", "pause", against_baseline_percent=-30),
    ]
    assert len(read_protocol(a_document(monitoring__limits=limits)).monitoring.limits) == 6


def numbers_in(part: object) -> list[dict[str, Any]]:
    """Every mapping of a file that holds a number of its own."""
    if isinstance(part, list):
        return [found for item in part for found in numbers_in(item)]
    if not isinstance(part, dict):
        return []
    inner = [found for item in part.values() for found in numbers_in(item)]
    has_number = any(type(item) in (int, float) for item in part.values())
    return [part, *inner] if has_number and "protocol" not in part else inner


@pytest.mark.parametrize("file", sorted(FILES))
def test_every_number_of_a_shipped_file_has_a_source(file: str) -> None:
    numbers = numbers_in(dict(FILES[file]))
    assert len(numbers) > 25, "A file of which no number was read shows nothing."
    assert [number for number in numbers if not number.get("source")] == []


def test_a_dose_by_weight_is_read_as_bounds() -> None:
    protocol = read_protocol(a_document())
    assert isinstance(protocol.dose, DoseBounds)
    assert (protocol.dose.start, protocol.dose.absolute_mg) == (0.5, 150)
    assert protocol.spacing.least == timedelta(hours=48)
    assert protocol.visit_lasts == timedelta(hours=2)


def test_esketamine_is_fixed_doses_watched_for_two_hours_from_the_first_device() -> None:
    protocol = read_protocol(a_document(ESKETAMINE))
    assert isinstance(protocol.dose, FixedDoses)
    assert (protocol.dose.doses_mg, protocol.dose.device_mg) == ((56, 84), 28)
    assert protocol.dose.between_devices == timedelta(minutes=5)
    assert protocol.monitoring.observe_at_least == timedelta(minutes=120)
    assert protocol.risk_programme == "esketamine-rems"


def test_esketamine_is_twice_a_week_then_weekly_then_every_one_or_two_weeks() -> None:
    protocol = read_protocol(a_document(f"{ESKETAMINE}@2"))
    assert (protocol.version, protocol.infusions) == (2, 14)
    steps = [protocol.spacing.step_to(number) for number in range(2, 15)]
    hours = [(step.least / HOUR, step.most / HOUR) for step in steps]
    assert hours == [*[(48, 120)] * 7, *[(144, 192)] * 4, *[(144, 360)] * 2]
    assert protocol.spacing.within == timedelta(weeks=12)
    for part in protocol.document["spacing"]["stages"]:  # type: ignore[index]  # as it was read
        assert all(number["source"] for number in part.values())


def test_a_file_with_one_stage_is_read_as_ever() -> None:
    spacing = read_protocol(a_document()).spacing
    assert spacing.stages == ()
    assert {spacing.step_to(number) for number in range(1, 7)} == {spacing.all_stages[0]}


THINGS: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.just({"value": 5, "source": "clinic default"}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


def ways_in(part: object, so_far: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner: list[tuple[str, ...]] = []
    if isinstance(part, dict):
        inner = [way for k, v in part.items() for way in ways_in(v, (*so_far, str(k)))]
    if isinstance(part, list):
        inner = [way for k, v in enumerate(part) for way in ways_in(v, (*so_far, str(k)))]
    return [so_far, *inner] if so_far else inner


WAYS: Final = {
    name: ways_in(dict(FILES[f"{name}.yaml"])) for name in ("im-ketamine-depression", ESKETAMINE)
}


@given(data=st.data(), name=st.sampled_from(sorted(WAYS)), thing=THINGS | st.just(GONE))
def test_whatever_a_file_holds_it_is_a_protocol_or_a_bad_one(
    data: st.DataObject, name: str, thing: object
) -> None:
    document = a_document(name)
    change(document, list(data.draw(st.sampled_from(WAYS[name]))), thing)
    with suppress(BadProtocol):  # and nothing else
        assert isinstance(read_protocol(document), Protocol)


@given(thing=THINGS)
def test_what_is_no_protocol_at_all_is_a_bad_one(thing: object) -> None:
    assert refusal(thing).rule
