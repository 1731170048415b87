"""What the clinic has settled about controlled drugs: versioned data with its sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

Document = Mapping[str, Any]
WEEKEND: Final = (5, 6)


class BadDrugRules(ValueError):
    """The file cannot be read; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A report that a theft or a significant loss needs, counted from its discovery."""

    report: str
    days: int
    is_business: bool
    source: str

    def due_at(self, discovered_at: datetime) -> datetime:
        """`discovered_at` by the place's clock. Business days are Monday to Friday: on a holiday it
        is due early, never late."""
        at, left = discovered_at, self.days
        while left:
            at += timedelta(days=1)
            if not (self.is_business and at.weekday() in WEEKEND):
                left -= 1
        return at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugRules:
    """Tolerances: micrograms; a share of what was received. Volumes: mL."""

    version: int
    single_dose_tolerance: int
    multi_dose_tolerance_percent: Decimal
    rounding_ml: Decimal
    overfill_ml: Decimal
    draw_late_within: timedelta
    witness_within: timedelta
    count_before_use: bool
    draw_before_dose: bool
    arrives_within: timedelta
    reconcile_at: time
    look_back: timedelta
    loss_reports: tuple[Deadline, ...]
    close_day_within: timedelta
    call_again_every: timedelta

    def tolerance(self, received: int, *, is_multi_dose: bool) -> int:
        if not is_multi_dose:
            return self.single_dose_tolerance
        return int(received * self.multi_dose_tolerance_percent / 100)


def read_drug_rules(document: Document) -> DrugRules:
    """Raises BadDrugRules."""
    try:
        tolerance, reconcile = document["count_tolerance"], document["reconcile"]
        return DrugRules(
            version=document["version"],
            single_dose_tolerance=int(_number(tolerance["single_dose_mg"]) * 1000),
            multi_dose_tolerance_percent=_number(tolerance["multi_dose_percent"]),
            rounding_ml=_number(document["rounding_ml"]),
            overfill_ml=_number(document["overfill_ml"]),
            draw_late_within=timedelta(hours=_whole(document["draw_late_within_hours"])),
            witness_within=timedelta(minutes=_whole(document["witness_within_minutes"])),
            count_before_use=_yes_or_no(document["count_before_use"]),
            draw_before_dose=_yes_or_no(document["draw_before_dose"]),
            arrives_within=timedelta(hours=_whole(document["transfer_arrives_within_hours"])),
            reconcile_at=time.fromisoformat(str(_value(reconcile["at"]))),
            look_back=timedelta(days=_whole(reconcile["look_back_days"])),
            loss_reports=tuple(_deadline(row) for row in document["loss_reports"]),
            close_day_within=timedelta(hours=_whole(document["close_day_within_hours"])),
            call_again_every=timedelta(hours=_whole(document["call_again_every_hours"])),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise BadDrugRules(f"The rules of drugs lack or mistype {error}.") from None


def _deadline(row: Document) -> Deadline:
    [unit] = [name for name in ("days", "business_days") if name in row]
    return Deadline(
        report=row["report"],
        days=_whole(row[unit]),
        is_business=unit == "business_days",
        source=row[unit]["source"],
    )


def _value(row: Document) -> object:
    if not row["source"]:
        raise ValueError("a source")
    return row["value"]


def _number(row: Document) -> Decimal:
    return Decimal(str(_value(row)))


def _whole(row: Document) -> int:
    value = _value(row)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a whole number")
    return value


def _yes_or_no(row: Document) -> bool:
    value = _value(row)
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value
