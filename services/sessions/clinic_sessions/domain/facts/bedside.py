"""What can happen at the bedside: from the arrival until the dose is in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from clinic_platform.decisions import Known, Receipt
from clinic_sessions.domain.bedside.dose import DoseOrder
from clinic_sessions.domain.bedside.giving import DeviceGiven, RateSet
from clinic_sessions.domain.bedside.orders import OrderEntry
from clinic_sessions.domain.bedside.waiver import GateWaiver


@dataclass(frozen=True, slots=True)
class Arrived:
    at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """Facts from the bedside, by name, each with its time and who noted it."""

    facts: Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class GateWaived:
    """As it stands now: with the second person's word, where one was asked for."""

    waiver: GateWaiver


@dataclass(frozen=True, slots=True)
class DoseOrdered:
    order: DoseOrder


@dataclass(frozen=True, slots=True)
class DosePrepared:
    order: DoseOrder


@dataclass(frozen=True, slots=True)
class DoseVerified:
    order: DoseOrder
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class DosingStarted:
    at: datetime
    order: DoseOrder
    route: str
    receipt: Receipt
    by: str = ""


@dataclass(frozen=True, slots=True)
class RateChanged:
    """Paused, resumed or slowed: the rate from now on, and why."""

    change: RateSet


@dataclass(frozen=True, slots=True)
class NextDeviceGiven:
    device: DeviceGiven


@dataclass(frozen=True, slots=True)
class DosingStopped:
    at: datetime
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class OrderLogged:
    entry: OrderEntry


BedsideFact: TypeAlias = (
    Arrived
    | Checked
    | GateWaived
    | DoseOrdered
    | DosePrepared
    | DoseVerified
    | DosingStarted
    | RateChanged
    | NextDeviceGiven
    | DosingStopped
    | OrderLogged
)
