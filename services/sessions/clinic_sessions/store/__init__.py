"""What this service keeps, in MongoDB: document ↔ aggregate, version check, outbox in one go."""

from clinic_sessions.store.bedside import MongoReadings, MongoReceipts, MongoStandings
from clinic_sessions.store.drugs import (
    MongoDays,
    MongoDosedSessions,
    MongoForms,
    MongoIncidents,
    MongoVials,
)
from clinic_sessions.store.places import MongoLocations
from clinic_sessions.store.plans import MongoPlans
from clinic_sessions.store.sessions import MongoSessions
from clinic_sessions.store.watch import MongoCalls

__all__ = [
    "MongoCalls",
    "MongoDays",
    "MongoDosedSessions",
    "MongoForms",
    "MongoIncidents",
    "MongoLocations",
    "MongoPlans",
    "MongoReadings",
    "MongoReceipts",
    "MongoSessions",
    "MongoStandings",
    "MongoVials",
]
