"""Controlled drugs in MongoDB."""

from clinic_sessions.store.drugs.days import MongoDays
from clinic_sessions.store.drugs.forms import MongoForms
from clinic_sessions.store.drugs.incidents import MongoIncidents
from clinic_sessions.store.drugs.sessions import MongoDosedSessions
from clinic_sessions.store.drugs.vials import MongoVials

__all__ = ["MongoDays", "MongoDosedSessions", "MongoForms", "MongoIncidents", "MongoVials"]
