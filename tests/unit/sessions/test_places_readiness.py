"""What is missing before a location's first patient."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any, Final

import pytest

from clinic_platform.data import load
from clinic_sessions.app import protocols
from clinic_sessions.domain.places.hours import WEEKDAYS, Hours
from clinic_sessions.domain.places.location import (
    Crisis,
    Details,
    PrescriptionMonitoring,
    Registration,
)
from clinic_sessions.domain.places.opening import BadOpeningRules, read_opening_rules
from clinic_sessions.domain.places.readiness import Finding, findings_of, is_ready
from clinic_sessions.domain.places.resources import Equipment, RecoveryPlace
from clinic_sessions.domain.places.staff import Member, OnCall, Shift
from clinic_sessions.domain.protocols.protocol import Need, Protocol
from clinic_sessions.domain.protocols.shelf import newest_of
from tests.support.sessions import a_location, a_protocol

RULES: Final = read_opening_rules(load("clinic_sessions", "opening.yaml"))
TODAY: Final = date(2030, 1, 7)
PUMP: Final = Equipment(name="pump_1", kind="pump")
MONITOR: Final = Equipment(name="monitor_1", kind="monitor")
UNTAUGHT: Final = Member(name="nurse_ada", roles=("nurse",))
BARE: Final[Mapping[str, Any]] = {"recovery": (), "equipment": (), "staff": (UNTAUGHT,)}
OFFICE: Final = Hours(opens=time(8), closes=time(18))


def on_call(weekday: str, hours: Hours = OFFICE, role: str | None = None) -> OnCall:
    who = {"member": "nurse_ada", "email": "on@example.org"}
    return OnCall(**who, weekday=weekday, hours=hours, role=role)


def a_registration(**changes: Any) -> Registration:
    whole = Registration(number="XX0", schedules=("IIIN",), expires_on=date(2031, 6, 30))
    return replace(whole, **changes)


def a_document(**changes: Any) -> Details:
    """One with which a place could open."""
    complete = replace(
        a_location().details,
        rota=tuple(map(on_call, WEEKDAYS)),
        registration=a_registration(),
        prescription_monitoring=PrescriptionMonitoring(before_dose=True, every_days=7, law="2030"),
    )
    return replace(complete, **changes)


def needing(*needs: Need) -> Protocol:
    """The protocol, whose last phase needs this and nothing else."""
    protocol = a_protocol()
    *others, last = protocol.phases
    return replace(protocol, phases=(*others, replace(last, needs=needs)))


# What the newest version asks for beside a chair and a nurse.
WANTED: Mapping[str, tuple[dict[str, Any], dict[str, int]]] = {
    "no pump": ({"equipment": (MONITOR,)}, {"no_equipment": 1}),
    "no monitor": ({"equipment": (PUMP,)}, {"no_equipment": 1}),
    "no equipment at all": ({"equipment": ()}, {"no_equipment": 2}),
    "nowhere to recover": ({"recovery": ()}, {"no_recovery_place": 1}),
    "nobody who knows infusions": ({"staff": (UNTAUGHT,)}, {"no_person": 3}),
    "no ratio": ({"ratios": {}}, {"no_ratio": 1}),
}


@pytest.mark.parametrize("case", WANTED)
def test_what_the_newest_version_needs_and_a_place_lacks_is_listed(case: str) -> None:
    changes, codes = WANTED[case]
    [newest] = [one for one in newest_of(protocols()) if one.name == "iv-ketamine-depression"]
    assert found(a_document(), newest) == []
    findings = found(a_document(**changes), newest)
    assert dict(Counter(finding.code for finding in findings)) == codes
    assert is_ready(findings) == (case == "no ratio")


def found(document: Details, protocol: Protocol | None = None) -> list[Finding]:
    offered = [protocol or a_protocol()] if document.protocols else []
    return findings_of(document, offered, RULES, TODAY)


def test_a_whole_document_lacks_nothing() -> None:
    assert found(a_document()) == []
    assert is_ready([])


LACKING: Mapping[str, tuple[dict[str, Any], set[str]]] = {
    "no hours": ({"hours": {}}, {"never_open"}),
    "too short a day": (
        {"hours": {"monday": Hours(opens=time(8), closes=time(9, 55))}},
        {"no_day_long_enough"},
    ),
    "no protocol": ({"protocols": ()}, {"no_protocol"}),
    "no chair": ({"chairs": ()}, {"no_chair"}),
    "nobody with the role": (
        {"staff": (Member(name="prue", roles=("prescriber",)),)},
        {"no_person"},
    ),
    "no rota": ({"rota": ()}, {"rota_gap"}),
    "no registration": ({"registration": None}, {"no_registration"}),
    "a registration of yesterday": (
        {"registration": a_registration(expires_on=TODAY - timedelta(days=1))},
        {"registration_expired"},
    ),
    "a registration for other drugs": (
        {"registration": a_registration(schedules=("II", "III"))},
        {"drug_not_registered"},
    ),
    "no number in a crisis": (
        {"crisis": Crisis(text="Call somebody.", phone="the front desk")},
        {"no_crisis_number"},
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_what_is_missing_is_listed_and_keeps_a_place_shut(case: str) -> None:
    changes, codes = LACKING[case]
    findings = found(a_document(**changes))
    assert {finding.code for finding in findings} == codes
    assert not is_ready(findings)


@pytest.mark.parametrize(
    ("need", "code"),
    [
        (Need(kind="place", what="recovery"), "no_recovery_place"),
        (Need(kind="place", what="bath"), "no_place"),
        (Need(kind="equipment", what="pump"), "no_equipment"),
        (Need(kind="person", what="nurse", competence="infusion"), "no_person"),
        (Need(kind="person", what="sitter"), "no_person"),
    ],
)
def test_each_need_of_each_phase_is_asked_for(need: Need, code: str) -> None:
    [finding] = found(a_document(**BARE), needing(need))
    assert (finding.code, finding.blocks) == (code, True)
    assert finding.what.startswith("iv-ketamine-depression, recovery: ")


def test_needs_that_are_met_are_not_listed() -> None:
    document = a_document(
        recovery=(RecoveryPlace(name="lounge", room="room_1", capacity=2),),
        equipment=(Equipment(name="pump_1", kind="pump"),),
        staff=(Member(name="nurse_ada", roles=("nurse",), competences=("infusion",)),),
    )
    needs = (
        Need(kind="place", what="recovery"),
        Need(kind="equipment", what="pump"),
        Need(kind="person", what="nurse", competence="infusion"),
    )
    assert found(document, needing(*needs)) == []


def test_somebody_who_is_only_there_while_the_place_is_shut_is_nobody() -> None:
    evening = Shift(weekday="monday", hours=Hours(opens=time(18), closes=time(22)))
    sunday = Shift(weekday="sunday", hours=OFFICE)
    noon = Shift(weekday="monday", hours=Hours(opens=time(12), closes=time(14)))
    for shifts, codes in (((evening, sunday), ["no_person"]), ((evening, noon), [])):
        nurse = Member(name="nurse_ada", roles=("nurse",), shifts=shifts)
        findings = found(a_document(staff=(nurse,)))
        assert [finding.code for finding in findings] == codes


def test_a_gap_in_the_rota_is_listed_by_day_and_time() -> None:
    others = (on_call(day) for day in WEEKDAYS if day != "tuesday")
    morning = on_call("tuesday", Hours(opens=time(8), closes=time(12)))
    evening = on_call("tuesday", Hours(opens=time(13), closes=time(20)))
    [gap] = found(a_document(rota=(*others, morning, evening)))
    assert gap.what == "On Tuesday from 12:00 to 13:00 nobody is on call."


def test_a_role_that_nobody_has_at_some_hour_is_listed_and_keeps_no_place_shut() -> None:
    office, noon = Hours(opens=time(8), closes=time(18)), time(12)
    rota = (
        *(on_call(day, office, "prescriber") for day in WEEKDAYS if day != "tuesday"),
        on_call("tuesday", Hours(opens=time(8), closes=noon), "prescriber"),
        on_call("tuesday", office),
    )
    document = a_document(rota=rota)
    findings = findings_of(document, [a_protocol()], RULES, TODAY, called=("prescriber",))
    assert [finding.code for finding in findings] == ["rota_role_gap"]
    assert findings[0].what == "Nobody is on call as prescriber on Tuesday from 12:00 to 18:00."
    assert "whoever is on call is called instead" in findings[0].why
    assert is_ready(findings)
    whole = (*rota, on_call("tuesday", Hours(opens=noon, closes=time(18)), "prescriber"))
    document = a_document(rota=whole)
    assert findings_of(document, [a_protocol()], RULES, TODAY, called=("prescriber",)) == []


def test_a_place_that_does_not_state_its_law_on_prescription_monitoring_has_a_finding() -> None:
    [finding] = found(a_document(prescription_monitoring=None))
    assert (finding.code, finding.blocks) == ("no_prescription_monitoring", False)


@pytest.mark.parametrize(
    ("days", "codes"),
    [(61, []), (60, ["registration_expires_soon"]), (0, ["registration_expires_soon"])],
)
def test_a_registration_that_ends_soon_is_listed_and_shuts_nothing(
    days: int, codes: list[str]
) -> None:
    ends = a_registration(expires_on=TODAY + timedelta(days=days))
    findings = found(a_document(registration=ends))
    assert [finding.code for finding in findings] == codes
    assert is_ready(findings)


def test_a_drug_whose_schedule_is_not_known_is_not_covered() -> None:
    [finding] = found(a_document(), replace(a_protocol(), drug="nothing_known"))
    assert (finding.code, finding.blocks) == ("drug_not_registered", True)


def test_a_protocol_that_left_the_shelf_is_listed() -> None:
    document = a_document(protocols=("iv-ketamine-depression", "iv-old"))
    [finding] = found(document)
    assert finding.code == "unknown_protocol"


@pytest.mark.parametrize(
    ("ratios", "codes", "ready"),
    [
        ({}, ["no_ratio"], True),
        ({"recovery": 3}, [], True),
        ({"recovery": 4}, ["ratio_above_protocol"], False),
    ],
)
def test_a_ratio_may_be_stricter_than_the_protocol_and_not_laxer(
    ratios: dict[str, int], codes: list[str], ready: bool
) -> None:
    shared = Need(kind="person", what="nurse", is_shared=True, at_most=3)
    findings = found(a_document(ratios=ratios), needing(shared))
    assert [finding.code for finding in findings] == codes
    assert is_ready(findings) is ready


def test_opening_rules_without_a_source_are_not_read() -> None:
    document = load("clinic_sessions", "opening.yaml")
    document["registration_expires_within_days"]["source"] = ""
    with pytest.raises(BadOpeningRules):
        read_opening_rules(document)
