"""What this service keeps, in MongoDB: document ↔ aggregate, version check, outbox in one go."""

from clinic_intake.store.consultations import MongoConsultations
from clinic_intake.store.knowledge import MongoPlaces, MongoRisks, MongoVisits
from clinic_intake.store.people import MongoEnquiries, MongoPatients
from clinic_intake.store.records import MongoClearances, MongoConsents, MongoScreenings

__all__ = [
    "MongoClearances",
    "MongoConsents",
    "MongoConsultations",
    "MongoEnquiries",
    "MongoPatients",
    "MongoPlaces",
    "MongoRisks",
    "MongoScreenings",
    "MongoVisits",
]
