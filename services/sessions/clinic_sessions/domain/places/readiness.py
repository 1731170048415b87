"""What is missing before a location's first patient. What is not known is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from clinic_sessions.domain.places.hours import Hours, gaps_in
from clinic_sessions.domain.places.location import Details
from clinic_sessions.domain.places.opening import OpeningRules
from clinic_sessions.domain.places.staff import Member
from clinic_sessions.domain.protocols.protocol import Need, Phase, Protocol

# By kind and what is needed, where a code of its own is clearer than the kind.
LACKING: Final[Mapping[tuple[str, str], str]] = {
    ("place", "chair"): "no_chair",
    ("place", "recovery"): "no_recovery_place",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`about` names the part of the document; `blocks`: no first patient until it is mended."""

    code: str
    about: str
    what: str
    why: str
    how: str
    blocks: bool = True


def findings_of(
    details: Details,
    offered: Sequence[Protocol],
    rules: OpeningRules,
    today: date,
    *,
    called: Sequence[str] = (),
) -> list[Finding]:
    """`offered`: the protocols of the document, each in the version a new plan would have;
    `today` on the location's own calendar; `called`: the roles that an escalation calls."""
    return [
        *_opening_hours(details, offered),
        *_protocols(details, offered),
        *_on_call(details),
        *(finding for role in called for finding in _on_call_as(details, role)),
        *_prescription_monitoring(details),
        *_registration(details, offered, rules, today),
        *_crisis(details),
    ]


def is_ready(findings: Sequence[Finding]) -> bool:
    return not any(finding.blocks for finding in findings)


def _opening_hours(details: Details, offered: Sequence[Protocol]) -> Iterator[Finding]:
    longest = max(map(_length, details.hours.values()), default=timedelta())
    if not longest:
        yield Finding(
            code="never_open",
            about="/hours",
            what="There is no day of the week on which the place is open.",
            why="A visit is booked only within the opening hours.",
            how="Give `hours` for at least one day.",
        )
        return
    for protocol in offered:
        if protocol.visit_lasts > longest:
            minutes = protocol.visit_lasts.total_seconds() / 60
            yield Finding(
                code="no_day_long_enough",
                about="/hours",
                what=f"No day is long enough for {protocol.name}: a visit takes {minutes:g} min.",
                why="A visit lies within the opening hours of one day.",
                how="Open for longer on one day, or do not offer the protocol.",
            )


def _protocols(details: Details, offered: Sequence[Protocol]) -> Iterator[Finding]:
    if not details.protocols:
        yield Finding(
            code="no_protocol",
            about="/protocols",
            what="No protocol is offered.",
            why="A plan follows a protocol; without one nobody can be treated here.",
            how="Name at least one protocol in `protocols`.",
        )
    for name in sorted(set(details.protocols) - {protocol.name for protocol in offered}):
        yield Finding(
            code="unknown_protocol",
            about="/protocols",
            what=f"{name} is offered, and there is no such protocol any more.",
            why="What a protocol needs is known only while it is on the shelf.",
            how="Take it out of `protocols`, or put it back on the shelf.",
        )
    for protocol in offered:
        for phase in protocol.phases:
            for need in phase.needs:
                yield from _need(details, f"{protocol.name}, {phase.name}", need)
                yield from _ratio(details, f"{protocol.name}, {phase.name}", phase, need)


def _need(details: Details, where: str, need: Need) -> Iterator[Finding]:
    if _resources(details, need):
        return
    able = f" with the competence {need.competence}" if need.competence else ""
    rostered = " at any opening hour" if need.kind == "person" else ""
    about = {"person": "/staff", "equipment": "/equipment"}
    places = "/recovery" if need.what == "recovery" else "/chairs"
    yield Finding(
        code=LACKING.get((need.kind, need.what), f"no_{need.kind}"),
        about=about.get(need.kind, places),
        what=f"{where}: there is no {need.what}{able}{rostered}.",
        why="Every phase of a visit has all it needs, or there is no visit.",
        how=f"Add one to `{about.get(need.kind, places)[1:]}`, or do not offer the protocol.",
    )


def _resources(details: Details, need: Need) -> list[str]:
    """The names of what could meet the need, whatever else it may be taken by."""
    if need.kind == "person":
        able = [one for one in details.staff if one.can(need.what, need.competence)]
        return [one.name for one in able if _is_ever_there(one, details.hours)]
    if need.kind == "equipment":
        return [one.name for one in details.equipment if one.kind == need.what]
    if need.what == "recovery":
        return [place.name for place in details.recovery]
    return [chair.name for chair in details.chairs] if need.what == "chair" else []


def _is_ever_there(member: Member, week: Mapping[str, Hours]) -> bool:
    return not member.shifts or any(
        shift.hours.opens < hours.closes and hours.opens < shift.hours.closes
        for shift in member.shifts
        if (hours := week.get(shift.weekday)) is not None
    )


def _ratio(details: Details, where: str, phase: Phase, need: Need) -> Iterator[Finding]:
    if not need.is_shared:
        return
    ratio = details.ratios.get(phase.name)
    if ratio is None:
        yield Finding(
            code="no_ratio",
            about="/ratios",
            what=f"{where}: it is not stated how many patients one person watches.",
            why="The protocol lets a person watch several, as many as the location states.",
            how=f"Give `ratios` a number for {phase.name}.",
            blocks=False,
        )
    elif need.at_most is not None and ratio > need.at_most:
        yield Finding(
            code="ratio_above_protocol",
            about="/ratios",
            what=f"{where}: one person watches {ratio}, and at most {need.at_most} are allowed.",
            why="A location may be stricter than a protocol, not laxer.",
            how=f"Give `ratios` at most {need.at_most} for {phase.name}.",
        )


def _on_call(details: Details) -> Iterator[Finding]:
    for day, hours in details.hours.items():
        duty = [one.hours for one in details.rota if one.weekday == day]
        for gap in gaps_in(hours, duty):
            when = f"On {day.capitalize()} from {gap.opens:%H:%M} to {gap.closes:%H:%M}"
            yield Finding(
                code="rota_gap",
                about="/rota",
                what=f"{when} nobody is on call.",
                why="Whenever patients are here, somebody is named who is called.",
                how="Put somebody of the staff on the rota for that time.",
            )


def _on_call_as(details: Details, role: str) -> Iterator[Finding]:
    """One finding for all days. It blocks nothing: whoever is on call is called instead."""
    duties = [one for one in details.rota if one.role == role]
    lacking = [
        f"{day.capitalize()} from {gap.opens:%H:%M} to {gap.closes:%H:%M}"
        for day, hours in details.hours.items()
        for gap in gaps_in(hours, [one.hours for one in duties if one.weekday == day])
    ]
    if lacking:
        name = role.replace("_", " ")
        yield Finding(
            code="rota_role_gap",
            about="/rota",
            what=f"Nobody is on call as {name} on {', '.join(lacking)}.",
            why=f"An alarm that nobody answers calls the {name}; while there is none, whoever is "
            "on call is called instead.",
            how=f"Put somebody on the rota with the role {role} for that time.",
            blocks=False,
        )


def _prescription_monitoring(details: Details) -> Iterator[Finding]:
    if details.prescription_monitoring is None:
        yield Finding(
            code="no_prescription_monitoring",
            about="/prescription_monitoring",
            what="It is not stated whether the state's prescription monitoring programme is asked.",
            why="Until it is stated, it is asked on the day of every dose.",
            how="State in `prescription_monitoring` what this place's law asks, and its source.",
            blocks=False,
        )


def _registration(
    details: Details, offered: Sequence[Protocol], rules: OpeningRules, today: date
) -> Iterator[Finding]:
    drugs = sorted({protocol.drug for protocol in offered})
    registration = details.registration
    if registration is None:
        if drugs:
            yield _unregistered("no_registration", "There is no registration of this address.")
        return
    if registration.expires_on < today:
        yield _unregistered("registration_expired", "The registration of this address has expired.")
    elif registration.expires_on - today <= rules.registration_expires_within:
        sentence = f"The registration of this address is valid until {registration.expires_on}."
        yield _unregistered("registration_expires_soon", sentence, blocks=False)
    for drug in drugs:
        if rules.drugs.get(drug) not in registration.schedules:
            sentence = f"The registration of this address is not known to cover {drug}."
            yield _unregistered("drug_not_registered", sentence)


def _unregistered(code: str, what: str, *, blocks: bool = True) -> Finding:
    return Finding(
        code=code,
        about="/registration",
        what=what,
        why="Controlled drugs are kept and given at a registered address only (21 CFR 1301.12).",
        how="Have the address registered for the drug's schedule, and enter it in `registration`.",
        blocks=blocks,
    )


def _crisis(details: Details) -> Iterator[Finding]:
    if not any(letter.isdigit() for letter in details.crisis.phone):
        yield Finding(
            code="no_crisis_number",
            about="/crisis/phone",
            what="The crisis text gives no number to call.",
            why="Somebody in danger is shown the number of their own place, at once.",
            how="Give the number of the crisis line of the place's country.",
        )


def _length(hours: Hours) -> timedelta:
    return timedelta(
        hours=hours.closes.hour - hours.opens.hour, minutes=hours.closes.minute - hours.opens.minute
    )
