"""Whether a place still offers what a booking is for, and is registered for its drug that day."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from clinic_sessions.domain.drugs.registration import is_registered
from clinic_sessions.domain.places.location import Location


class Treatment(NamedTuple):
    """What a plan gives. `schedule` is that of the drug; None where no rule names it."""

    protocol: str
    schedule: str | None

    def lacks(self, location: Location, at: datetime) -> Iterator[str]:
        """What of it the location does not have on that day: the kinds of a change's effects."""
        if not location.offers(self.protocol):
            yield NOT_OFFERED
        if self.schedule is not None and not is_registered(location, at, self.schedule):
            yield NOT_REGISTERED


Treatments: TypeAlias = Mapping[str, Treatment]  # by the id of the plan
NO_TREATMENTS: Final[Treatments] = MappingProxyType({})

NOT_OFFERED: Final = "protocol_not_offered"
NOT_REGISTERED: Final = "registration_missing"


def lacking(location: Location, plan_id: str, at: datetime, treatments: Treatments) -> set[str]:
    """Nothing, of a plan that `treatments` does not know."""
    treatment = treatments.get(plan_id)
    return set() if treatment is None else set(treatment.lacks(location, at))
