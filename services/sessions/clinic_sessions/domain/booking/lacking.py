"""What is lacking at a start: the ask that nobody can serve, when, and what is free beside it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from clinic_sessions.domain.booking import grid
from clinic_sessions.domain.booking.asks import Ask, Candidate, wished_of
from clinic_sessions.domain.booking.conflicts import RATIO, Conflict, in_words, span
from clinic_sessions.domain.booking.days import Day
from clinic_sessions.domain.booking.supply import Supply, starts_in, supplies_of
from clinic_sessions.domain.booking.visit import PERSON, PLACE


def lack(day: Day, supplies: Sequence[Supply], bit: int) -> Conflict:
    """Of a start at `bit` for which there is no choice: `Chair 2 is free, but no nurse has room
    10:40–11:30.`"""
    for supply in supplies:
        if not supply.serves(bit):
            return _unserved(day, supply, bit, besides=_free_place(supplies, bit))
    free = [supply.free_at(bit) for supply in supplies]
    return _too_few(day, [supply.ask for supply in supplies], free, bit)


def wish_lack(day: Day, asks: Sequence[Ask], kind: str, name: str, bit: int) -> Conflict | None:
    """Why somebody wished cannot serve; None when they could."""
    about = [asks[number] for number in wished_of(asks, kind, name)]
    mine = [(a, c) for a in about for c in a.candidates if c.name == name]
    if any(starts_in(day.free_of(ask, one), ask, one) >> bit & 1 for ask, one in mine):
        return None
    ask, one = mine[0]
    [alone] = supplies_of(day, [replace(ask, candidates=(one,))])
    start, end = _gap(day, ask, alone.nobody, bit)
    since, until = day.instant(start), day.instant(end)
    is_here = day.is_there(ask, one, bit)
    why = ("has no room" if ask.is_shared else "is taken") if is_here else "is not there"
    return Conflict(
        kind=_kind(day, ask, [one], bit),
        sentence=f"{in_words(name)} {why} {span(since, until, day.calendar.zone)}.",
        what=ask.what,
        resource=name,
        since=since,
        until=until,
    )


def _unserved(day: Day, supply: Supply, bit: int, *, besides: str | None) -> Conflict:
    ask = supply.ask
    start, end = _gap(day, ask, supply.nobody, bit)
    return _nobody(
        _kind(day, ask, ask.candidates, bit),
        (ask.kind, ask.what, ask.competence),
        _how(supply, bit) if ask.candidates else None,
        besides,
        (day.first + start, day.first + end),
        day.calendar.zone,
    )


@lru_cache(maxsize=grid.AT_MOST_KNOWN)
def _nobody(
    kind: str,
    need: tuple[str, str, str | None],
    how: str | None,
    besides: str | None,
    slots: tuple[int, int],
    zone: str,
) -> Conflict:
    """The same for every patient, and mostly the same when it is asked again."""
    since, until = map(grid.instant_of, slots)
    lacking = f"no {_named(*need)} {how} {span(since, until, zone)}."
    if how is None:
        sentence = f"The location has no {_named(*need)}."
    else:
        sentence = f"{in_words(besides)} is free, but {lacking}" if besides else in_words(lacking)
    return Conflict(kind=kind, sentence=sentence, what=need[1], since=since, until=until)


def _too_few(day: Day, asks: Sequence[Ask], free: Sequence[Sequence[str]], bit: int) -> Conflict:
    """Everybody has somebody, but two would need the same one."""
    ask = next(
        one
        for n, one in enumerate(asks)
        if any(o.overlaps(one) and set(free[m]) & set(free[n]) for m, o in enumerate(asks[:n]))
    )
    since, until = day.instant(bit + ask.start), day.instant(bit + ask.end)
    when = span(since, until, day.calendar.zone)
    needed = _named(ask.kind, ask.what, ask.competence)
    sentence = f"Fewer are free as {needed} than are needed {when}."
    return Conflict(kind=ask.kind, sentence=sentence, what=ask.what, since=since, until=until)


def _how(supply: Supply, bit: int) -> str:
    if supply.ask.kind == PERSON and not supply.present >> bit & 1:
        return "is there"
    return "has room" if supply.ask.is_shared else "is free"


def _kind(day: Day, ask: Ask, candidates: Sequence[Candidate], bit: int) -> str:
    """`ratio` where somebody watches others, as many as one may; otherwise what is lacking."""
    if not ask.is_shared:
        return ask.kind
    wanted = day.between(bit + ask.start, bit + ask.end)
    for one in candidates:
        taken = day.of(ask.kind, one.name)
        full = taken.full_for(one.at_most) & wanted
        if full and not taken.alone & wanted and day.is_there(ask, one, bit):
            return RATIO
    return ask.kind


def _gap(day: Day, ask: Ask, nobody: int, bit: int) -> tuple[int, int]:
    """From when until when they are all missing at once; the whole stretch when they never are:
    then it is only that none is free for all of it."""
    start, end = bit + ask.start, bit + ask.end
    missing = nobody & day.between(start, end)
    if not missing:
        return start, end
    return (missing & -missing).bit_length() - 1, missing.bit_length()


def _free_place(supplies: Sequence[Supply], bit: int) -> str | None:
    for one in supplies:
        if one.ask.kind == PLACE and one.serves(bit):
            return one.free_at(bit)[0]
    return None


def _named(kind: str, what: str, competence: str | None) -> str:
    place = " place" if kind == PLACE and what == "recovery" else ""
    skill = f" with {competence}" if competence else ""
    return f"{what.replace('_', ' ')}{place}{skill}"
