"""What is kept in MongoDB, and the doors to the mail server and the templates."""

from clinic_notifications.store.mail import SmtpMailer
from clinic_notifications.store.messages import MongoMessages
from clinic_notifications.store.people import (
    MongoConsents,
    MongoLocations,
    MongoPeople,
    MongoPreferences,
    MongoSurveys,
)
from clinic_notifications.store.templates import BadTemplates, DataTemplates

__all__ = [
    "BadTemplates",
    "DataTemplates",
    "MongoConsents",
    "MongoLocations",
    "MongoMessages",
    "MongoPeople",
    "MongoPreferences",
    "MongoSurveys",
    "SmtpMailer",
]
