"""What is around a visit that is looked for: who is busy, the plan's other visits, ended holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from clinic_sessions.domain.booking.days import AsBusy


@dataclass(frozen=True, slots=True)
class Around:
    """`times` are the starts of the plan's other visits, `held` those that are held for it, both in
    order. `broken_off` are the starts of its visits that ended although the drug had begun to go
    in: they are none of its infusions, and the next one keeps its distance from them. `expired` are
    holds that have ended by themselves and still have seats: whoever needs one gives them back."""

    busy: Sequence[AsBusy]
    times: tuple[datetime, ...]
    expired: tuple[str, ...]
    held: tuple[datetime, ...] = ()
    broken_off: tuple[datetime, ...] = ()

    def and_elsewhere(self, elsewhere: Self) -> Self:
        """With what people of this place have at others."""
        return replace(
            self,
            busy=(*self.busy, *elsewhere.busy),
            expired=(*self.expired, *elsewhere.expired),
        )

    @property
    def row(self) -> tuple[datetime, ...]:
        """All the plan's visits, also those that are only held."""
        return tuple(sorted([*self.times, *self.held]))
