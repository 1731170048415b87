"""What the API takes and gives about places."""

from clinic_sessions.schemas.places.changes import (
    AppliedOut,
    ApplyChange,
    BrokenBookingOut,
    PlaceChangeOut,
)
from clinic_sessions.schemas.places.document import DescribeLocation, LocationOut
from clinic_sessions.schemas.places.readiness import ReadinessOut

__all__ = [
    "AppliedOut",
    "ApplyChange",
    "BrokenBookingOut",
    "DescribeLocation",
    "LocationOut",
    "PlaceChangeOut",
    "ReadinessOut",
]
