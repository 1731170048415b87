"""What this service keeps, in MongoDB: document ↔ aggregate, version check, outbox in one go."""

from clinic_sessions.store.bedside import MongoReceipts, MongoStandings
from clinic_sessions.store.board import MongoMoves
from clinic_sessions.store.drugs import (
    MongoDays,
    MongoDosedSessions,
    MongoForms,
    MongoIncidents,
    MongoVials,
)
from clinic_sessions.store.holds import MongoHolds
from clinic_sessions.store.notes import MongoNotes
from clinic_sessions.store.places import MongoLocations
from clinic_sessions.store.plans import MongoPlans
from clinic_sessions.store.sessions import MongoSessions
from clinic_sessions.store.waiting import MongoOffers, MongoWaitList
from clinic_sessions.store.watch import MongoAlarms, MongoCalls, MongoReadings, MongoWatches

__all__ = [
    "MongoAlarms",
    "MongoCalls",
    "MongoDays",
    "MongoDosedSessions",
    "MongoForms",
    "MongoHolds",
    "MongoIncidents",
    "MongoLocations",
    "MongoMoves",
    "MongoNotes",
    "MongoOffers",
    "MongoPlans",
    "MongoReadings",
    "MongoReceipts",
    "MongoSessions",
    "MongoStandings",
    "MongoVials",
    "MongoWaitList",
    "MongoWatches",
]
