"""What is known of a patient's numbers, by what was noted and what was read since. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from clinic_platform.decisions import Facts, Known
from clinic_sessions.domain.bedside.noted import number_in
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.protocols.limits import NUMBERS
from clinic_sessions.domain.session import Session

# No device has this name: there is no colon in any that is sent.
NOTED: Final = "noted:bedside"
ON_ROOM_AIR: Final = "spo2"


def newest_of(readings: Iterable[Reading], names: Collection[str]) -> dict[str, Reading]:
    """Of each of these fields the last reading that holds it, by a clock that is right."""
    trusted = sorted((one for one in readings if one.is_trusted), key=lambda one: one.counts_at)
    return {name: one for one in trusted for name in names if name in one.look.has}


def measured(session: Session, readings: Sequence[Reading]) -> Session:
    """The session with facts as they are known by now, for the gates: of each number the last
    reading by a clock that is right, if it is newer than what was noted. Of the saturation the
    lowest since the note, if it is below it."""
    newest = newest_of(readings, [name for name in NUMBERS if name != ON_ROOM_AIR])
    found = {**newest, **_below_the_note(session.facts, readings)}
    read = {
        name: Known(value=getattr(one, name), known_at=one.counts_at, source=one.id)
        for name, one in found.items()
        if _is_newer(one, session.facts.get(name))
    }
    return replace(session, facts={**session.facts, **read}) if read else session


def noted_as_reading(session: Session, noted: Facts) -> Reading | None:
    """What a person has noted of a patient's numbers, as a reading of its own; None: nothing."""
    vitals = {name: one for name, one in noted.items() if name in NUMBERS}
    if not vitals:
        return None
    values: dict[str, Any] = {name: one.value for name, one in vitals.items()}
    [(at, by)] = {(one.known_at, one.source) for one in vitals.values()}  # noted together
    assert at is not None, "Of what is noted it is known when."
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)  # as the database keeps it
    return Reading(
        session_id=session.id,
        device=NOTED,
        sequence=session.revision,
        taken_at=at,
        received_at=at,
        taken_by=by,
        **values,
    )


def _below_the_note(noted: Facts, readings: Sequence[Reading]) -> dict[str, Reading]:
    """A device does not show whether oxygen is given: what it reads may shut a gate and opens none,
    also none that it shut itself. For that somebody notes the saturation on room air. Of several
    that are as low, it is the last."""
    note = number_in(noted, ON_ROOM_AIR)
    if note is None:
        return {}
    since = (one for one in readings if one.is_trusted and _is_newer(one, noted[ON_ROOM_AIR]))
    lower = [(one.spo2, one) for one in since if one.spo2 is not None and one.spo2 < note]
    if not lower:
        return {}
    return {ON_ROOM_AIR: max(lower, key=lambda found: (-found[0], found[1].counts_at))[1]}


def _is_newer(reading: Reading, noted: Known | None) -> bool:
    return noted is None or noted.known_at is None or reading.counts_at > noted.known_at
