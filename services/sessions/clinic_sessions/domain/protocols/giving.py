"""How a dose that was ordered would have been given under a draft. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, NamedTuple, TypeAlias

from clinic_sessions.domain.bedside.dose import DoseOrder, is_to_dilute, rate_of, volume_of
from clinic_sessions.domain.protocols.protocol import Protocol

GivingKind: TypeAlias = Literal[
    "dose_volume_differs",
    "dose_dilution_differs",
    "dose_rate_differs",
    "dose_duration_differs",
]


class Given(NamedTuple):
    """mL, mg per minute; None where there is no such number."""

    volume: float | None
    is_diluted: bool
    rate: float | None
    lasts: timedelta


def giving_differences(
    draft: Protocol, held: Protocol, order: DoseOrder
) -> Iterator[tuple[GivingKind, str]]:
    """The same milligrams, by each of the two, and how it would have been by the draft."""
    before, after = _given(held, order), _given(draft, order)
    if after.volume != before.volume:
        yield "dose_volume_differs", _in_words(after.volume, "mL")
    if after.is_diluted != before.is_diluted:
        yield "dose_dilution_differs", "diluted" if after.is_diluted else "undiluted"
    if after.rate != before.rate:
        yield "dose_rate_differs", _in_words(after.rate, "mg/min")
    if after.lasts != before.lasts:
        yield "dose_duration_differs", _in_words(after.lasts.total_seconds() / 60, "min")


def _given(protocol: Protocol, order: DoseOrder) -> Given:
    """A dose that was prepared from a named vial has the strength of that vial under both."""
    strength = protocol.giving.concentration_mg_per_ml
    if order.prepared is not None and order.prepared.vial_id is not None:
        strength = order.concentration_mg_per_ml
    rate = rate_of(protocol, order.dose_mg)
    return Given(
        volume=volume_of(strength, order.dose_mg),
        is_diluted=is_to_dilute(strength, protocol.giving.dilute_above_mg_per_ml),
        rate=None if rate is None else round(rate, 4),
        lasts=protocol.giving.lasts,
    )


def _in_words(number: float | None, unit: str) -> str:
    return f"no {unit}" if number is None else f"{number:g} {unit}"
