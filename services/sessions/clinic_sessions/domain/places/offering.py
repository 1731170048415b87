"""What bookings at a place are for, and whether the place still gives it."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

from clinic_sessions.domain.drugs.registration import is_registered
from clinic_sessions.domain.places.location import Location


class Treatment(NamedTuple):
    """What a plan gives. `schedule` is that of the drug; None where no rule names it."""

    protocol: str
    schedule: str | None

    def may_be_given(self, location: Location, at: datetime) -> bool:
        """Whether the location is registered for the drug on that day."""
        return self.schedule is None or is_registered(location, at, self.schedule)


Treatments: TypeAlias = Mapping[str, Treatment]  # by the id of the plan
