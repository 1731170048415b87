"""What is known of a patient's numbers: the newest of what was noted and what was read. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from clinic_platform.decisions import Facts, Known
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


def measured(session: Session, newest: Mapping[str, Reading]) -> Session:
    """The session with facts as they are known by now, for the gates. `newest` is of each number
    the last reading by a clock that is right; it counts if it is newer than what was noted."""
    read = {
        name: Known(value=getattr(one, name), known_at=one.counts_at, source=one.id)
        for name, one in newest.items()
        if _counts(one, name, session.facts)
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


def _counts(reading: Reading, name: str, noted: Facts) -> bool:
    known = noted.get(name)
    if name == ON_ROOM_AIR and not _is_worse(reading, known):
        return False
    return known is None or known.known_at is None or reading.counts_at > known.known_at


def _is_worse(reading: Reading, known: Known | None) -> bool:
    """A device does not tell whether oxygen is given. What it reads may shut a gate, and opens
    none: for that somebody notes the saturation on room air."""
    noted = None if known is None else known.value
    return isinstance(noted, int | float) and reading.spo2 is not None and reading.spo2 < noted
