"""What outcomes keeps in MongoDB: aggregate ↔ document, revision and events in one transaction."""

from clinic_outcomes.store.alerts import MongoAlerts
from clinic_outcomes.store.answers import MongoScores, MongoSheets
from clinic_outcomes.store.assignments import MongoAssignments
from clinic_outcomes.store.knowledge import MongoPlaces, MongoTreatments

__all__ = [
    "MongoAlerts",
    "MongoAssignments",
    "MongoPlaces",
    "MongoScores",
    "MongoSheets",
    "MongoTreatments",
]
