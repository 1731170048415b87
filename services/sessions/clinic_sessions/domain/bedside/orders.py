"""Orders at the bedside beside the dose: a book of names, and what was logged under them.

Software logs them. It never gives one, and never proposes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

# As UCUM writes them.
Unit: TypeAlias = Literal["mg", "ug", "mL", "L/min"]
Route: TypeAlias = Literal["iv", "im", "po", "odt", "sl", "in", "sc", "inhaled"]


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """What it is called, and whether it is something that is given: a medicine, or oxygen."""

    label: str
    is_given: bool


# By its code.
OrderBook: TypeAlias = Mapping[str, BookedOrder]


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """What was given: `dose` in `unit`, by `route`. `drug` is a code."""

    drug: str
    dose: float
    unit: Unit
    route: Route


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEntry:
    """`order` is its code in the book; `given_at` as the person gives it, `logged_at` by our clock.

    `by` logged it, in their `role`. `ordered_by` and `given_by` are given where they are known:
    in an emergency one writes for those whose hands are full. `medicine` None: nothing was given,
    or nobody has noted how much.
    """

    order: str
    role: str
    by: str
    given_at: datetime
    logged_at: datetime
    ordered_by: str | None = None
    given_by: str | None = None
    medicine: Medicine | None = None


def read_orders(document: Mapping[str, Any]) -> OrderBook:
    """Raises KeyError or ValueError, naming the field."""
    for order in document["orders"]:
        if not order["source"]:
            raise ValueError(f"{order['code']} has no source.")
    return {
        order["code"]: BookedOrder(order["label"], order.get("is_given", False))
        for order in document["orders"]
    }
