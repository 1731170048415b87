"""Orders at the bedside beside the dose: a book of names, and what was logged under them.

Software logs them. It never gives one, and never proposes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

# Code → what it is called.
OrderBook: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEntry:
    """`order` is its code in the book; `given_at` as the person says, `logged_at` by our clock."""

    order: str
    role: str
    by: str
    given_at: datetime
    logged_at: datetime


def read_orders(document: Mapping[str, Any]) -> OrderBook:
    """Raises KeyError or ValueError, naming the field."""
    for order in document["orders"]:
        if not order["source"]:
            raise ValueError(f"{order['code']} has no source.")
    return {order["code"]: order["label"] for order in document["orders"]}
