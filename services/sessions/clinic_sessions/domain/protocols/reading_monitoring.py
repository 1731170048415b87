"""The monitoring of a protocol from its file: when readings are due, and at which of them somebody
is called."""

from datetime import timedelta
from typing import Final, cast

from clinic_sessions.domain.protocols.fields import Fields
from clinic_sessions.domain.protocols.limits import LEVELS, NUMBERS, Level, Limit
from clinic_sessions.domain.protocols.protocol import BadProtocol, Monitoring

MINUTES: Final = 1440.0  # a bound of plausibility, and no limit of safety
WATCHING: Final = (
    *("during_every_minutes", "after_every_minutes", "observe_at_least_minutes"),
    *("late_after_minutes", "escalate_after_minutes", "confirm_within_minutes", "limits"),
)
# Clinic default, for a protocol that does not state what a due reading has to hold.
NEEDS: Final = ("systolic", "diastolic", "heart_rate", "spo2")
BOUNDS: Final = ("at_least", "at_most", "against_baseline", "against_baseline_percent")


def minutes_in(fields: Fields, name: str, *, least: float = 1) -> timedelta:
    return timedelta(minutes=fields.number(name, least=least, most=MINUTES))


def read_monitoring(protocol: Fields) -> Monitoring:
    """Of a whole file. Raises BadProtocol."""
    fields = protocol.part("monitoring", needs=WATCHING, may=("at_minutes", "needs"))
    within = [
        timedelta(minutes=minutes)
        for minutes in fields.numbers("confirm_within_minutes", least=0, most=MINUTES)
    ]
    if len(within) != 2:
        raise BadProtocol(fields.path("confirm_within_minutes"), "is not two numbers")
    return Monitoring(
        during_every=minutes_in(fields, "during_every_minutes"),
        after_every=minutes_in(fields, "after_every_minutes"),
        at=tuple(
            timedelta(minutes=minutes)
            for minutes in fields.numbers("at_minutes", least=1, most=MINUTES)
        ),
        observe_at_least=minutes_in(fields, "observe_at_least_minutes"),
        late_after=minutes_in(fields, "late_after_minutes"),
        escalate_after=minutes_in(fields, "escalate_after_minutes"),
        confirm_within=(within[0], within[1]),
        needs=_needs(fields) if fields.has("needs") else NEEDS,
        limits=tuple(
            _limit(part)
            for part in fields.parts(
                "limits",
                needs=("id", "parameter", "level", "message", "source"),
                may=(*BOUNDS, "one_of", "with_any", "at_once"),
            )
        ),
    )


def _needs(monitoring: Fields) -> tuple[str, ...]:
    fields = monitoring.part("needs", needs=("value", "source"))
    fields.source()
    names = fields.codes("value")
    if not names or len({*names}) < len(names) or not {*names} <= {*NUMBERS}:
        raise BadProtocol(fields.path("value"), "is not a list of different numbers of a reading")
    return names


def _limit(fields: Fields) -> Limit:
    bounds = {name: fields.bare(name, least=-500, most=500) for name in BOUNDS if fields.has(name)}
    try:
        return Limit(
            id=fields.name("id"),
            parameter=fields.code("parameter"),
            level=cast(Level, fields.choice("level", LEVELS)),
            one_of=fields.codes("one_of"),
            with_any=fields.codes("with_any"),
            at_once=fields.flag("at_once"),
            message=fields.text("message"),
            source=fields.source(),
            **bounds,
        )
    except BadProtocol:
        raise
    except ValueError:  # what a limit itself does not allow; its sentence repeats its name
        rule = "has no parameter of a reading, or not exactly one bound that suits it"
        raise BadProtocol(fields.where, rule) from None
