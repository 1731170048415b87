"""Facts that nobody measures: reckoned for the gates from what was measured, and the protocol."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.noted import DISSOCIATION, number_in
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.protocols.protocol import FixedDoses, Protocol
from clinic_sessions.domain.session import Session

AGAINST_BASELINE: Final = ("systolic", "diastolic")
INTO_A_VEIN: Final = "iv"
PATENT: Final = "line_is_patent"


def reckoned(
    session: Session,
    protocol: Protocol,
    watch: Watch | None,
    *,
    again: Sequence[Reading] = (),
    now: datetime,
) -> dict[str, Known]:
    """`observation_minutes_left`, `…_percent_from_baseline`, `dissociation_above_baseline`,
    `open_alarms`, `limits_to_confirm` and `line_is_missing`, as far as they can be known. `again`:
    the readings that may have settled what the watch waits for."""
    return {
        **_observation(session, protocol, now),
        **dict(_from_baseline(session, watch)),
        **_dissociation(session),
        **_alarms(session, watch, now),
        **_to_confirm(session, protocol, watch, again, now),
        **_line(session, protocol, now),
    }


def _observation(session: Session, protocol: Protocol, now: datetime) -> dict[str, Known]:
    """From the end of dosing; where devices are given, from the first of them, as its label says.
    Not known while dosing goes on."""
    if session.dosing_ended_at is None or session.dosing_started_at is None:
        return {}
    by_devices = isinstance(protocol.dose, FixedDoses)
    since = session.dosing_started_at if by_devices else session.dosing_ended_at
    left = (protocol.monitoring.observe_at_least - (now - since)).total_seconds() / 60
    return {"observation_minutes_left": Known(value=max(left, 0.0), known_at=now, source="clock")}


def _from_baseline(session: Session, watch: Watch | None) -> Iterator[tuple[str, Known]]:
    """How far, up or down, in percent of the patient's own, which is the one that alarms are judged
    by: as old as what was measured, and with its name as the source."""
    baseline = {} if watch is None else watch.baseline
    for name in AGAINST_BASELINE:
        measured = number_in(session.facts, name)
        if name in baseline and baseline[name].value > 0 and measured is not None:
            own, known = baseline[name].value, session.facts[name]
            yield (
                f"{name}_percent_from_baseline",
                Known(
                    value=abs(measured - own) / own * 100,
                    known_at=known.known_at,
                    source=name,
                ),
            )


def _dissociation(session: Session) -> dict[str, Known]:
    """In points above the patient's own, as it was noted last before dosing. Not known without
    that, nor until it was asked again."""
    known, before = session.facts.get(DISSOCIATION), session.dissociation_before
    now, began = number_in(session.facts, DISSOCIATION), session.dosing_started_at
    if known is None or now is None or before is None or began is None:
        return {}
    if known.known_at is None or known.known_at <= began:
        return {}
    above = Known(value=now - before, known_at=known.known_at, source=DISSOCIATION)
    return {"dissociation_above_baseline": above}


def _alarms(session: Session, watch: Watch | None, now: datetime) -> dict[str, Known]:
    """How many nobody has closed, whoever has acknowledged them. Not known where nobody watches."""
    if watch is None:
        return _none_yet(session, "open_alarms", now)
    ids = ",".join(watch.open_alarms)
    return {"open_alarms": Known(value=len(watch.open_alarms), known_at=now, source=ids)}


def _to_confirm(
    session: Session,
    protocol: Protocol,
    watch: Watch | None,
    again: Sequence[Reading],
    now: datetime,
) -> dict[str, Known]:
    """How many limits were passed once, and nobody has measured again. Not known where nobody
    watches."""
    if watch is None:
        return _none_yet(session, "limits_to_confirm", now)
    waiting = watch.to_confirm(protocol.monitoring, again)
    source = ",".join(sorted(one.limit_id for one in waiting))
    return {"limits_to_confirm": Known(value=len(waiting), known_at=now, source=source)}


def _none_yet(session: Session, name: str, now: datetime) -> dict[str, Known]:
    """Before a dose a watch begins with the first reading: where there is none, none has alarmed.
    From the dose on there is one, or nobody knows."""
    if session.dosing_started_at is not None:
        return {}
    return {name: Known(value=0, known_at=now, source="no_reading")}


def _line(session: Session, protocol: Protocol, now: datetime) -> dict[str, Known]:
    """Nothing is missing where no line is needed; else not known until somebody has looked."""
    name, looked = "line_is_missing", session.facts.get(PATENT)
    if protocol.route != INTO_A_VEIN:
        route = f"{protocol.name}@{protocol.version}"
        return {name: Known(value=False, known_at=now, source=route)}
    if looked is None or not isinstance(looked.value, bool):
        return {}
    return {name: Known(value=not looked.value, known_at=looked.known_at, source=PATENT)}
