"""How a session was watched at another time, from what is kept of its watch. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from clinic_sessions.domain.bedside.crossing import CHECK, Baselines, baseline_of
from clinic_sessions.domain.bedside.reading import Look, Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.board.past import Then, readings_then
from clinic_sessions.domain.session import Session


def watch_then(watch: Watch, session: Session, readings: Sequence[Reading], then: Then) -> Watch:
    """The watch as it stood. `session` is the session then, `readings` are all, in every version.
    Which limits waited for a second reading is not kept, and not shown."""
    now, timeline = then.earlier, watch.timeline
    blank = replace(watch, started_at=None, ended_at=None, closed_at=None, unconfirmed=())
    if timeline is None or session.dosing_started_at is None:
        known = baseline_of(session.facts, readings_then(readings, then), before=now)
        return replace(blank, cautions=(), baseline=known)
    before, closed_at = timeline.as_of(now), timeline.closed_at
    return replace(
        blank,
        started_at=before.started_at,
        ended_at=before.ended_at,
        closed_at=closed_at if closed_at is not None and closed_at <= now else None,
        cautions=before.cautions,
        baseline=_judged_by(watch, readings, then),
    )


def looks_then(readings: Sequence[Reading], then: Then) -> list[Look]:
    """Of those that counted then, as far as their clocks are right; in order."""
    looks = (one.look for one in readings_then(readings, then) if one.is_trusted)
    return sorted(looks, key=lambda look: look.at)


def _judged_by(watch: Watch, readings: Sequence[Reading], then: Then) -> Baselines:
    """What alarms were judged by then: one that came late was not known before it came, and one
    that was corrected is what it was."""
    known = {CHECK, *(one.id for one in readings if one.received_at <= then.known_at)}
    return {name: one for name, one in watch.baseline.items() if one.source in known}
