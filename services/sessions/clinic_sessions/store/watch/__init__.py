"""Watching over patients, in MongoDB."""

from clinic_sessions.store.watch.alarms import MongoAlarms
from clinic_sessions.store.watch.calls import MongoCalls
from clinic_sessions.store.watch.readings import MongoReadings
from clinic_sessions.store.watch.watches import MongoWatches

__all__ = ["MongoAlarms", "MongoCalls", "MongoReadings", "MongoWatches"]
