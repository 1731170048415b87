"""Whatever must happen later is a row: due, useful until, why, and how it ended.

A promise is made in the transaction of its reason, and its end is written in the transaction of its
act. Between the two it is claimed by a token, its facts are read again, and only then is it kept. A
row is never deleted: one that ended without an act keeps the reason.
"""

from clinic_platform.promises.keeper import PromiseKeeper
from clinic_platform.promises.kinds import Keeper, NoAct, inside, outside
from clinic_platform.promises.model import (
    Due,
    Ending,
    Kept,
    Lapsed,
    Later,
    Promise,
    PromiseRow,
    Promises,
    State,
    Withdrawn,
)
from clinic_platform.promises.store import MongoPromises

__all__ = [
    "Due",
    "Ending",
    "Keeper",
    "Kept",
    "Lapsed",
    "Later",
    "MongoPromises",
    "NoAct",
    "Promise",
    "PromiseKeeper",
    "PromiseRow",
    "Promises",
    "State",
    "Withdrawn",
    "inside",
    "outside",
]
