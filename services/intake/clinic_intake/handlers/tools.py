"""What every handler of this service works with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from clinic_intake.domain.clearance import Clearance, ClearancePolicy
from clinic_intake.domain.consent import ConsentDocuments
from clinic_intake.domain.consultation import Consultation
from clinic_intake.domain.enquiry import Enquiry
from clinic_intake.domain.errors import (
    ClearanceNotFound,
    ConsultationNotFound,
    EnquiryNotFound,
    LocationNotFound,
    PatientNotFound,
    ScreeningNotFound,
)
from clinic_intake.domain.patient import Patient
from clinic_intake.domain.place import CrisisPolicy, Place
from clinic_intake.domain.questionnaire import Questionnaire
from clinic_intake.domain.screening import RuleSets, Screening
from clinic_intake.domain.timetable import Timetable
from clinic_intake.ports import (
    Clearances,
    Consents,
    Consultations,
    Enquiries,
    Patients,
    Places,
    Risks,
    Screenings,
    Visits,
)
from clinic_platform.auth import Caller
from clinic_platform.clock import Clock
from clinic_platform.decisions import RuleSet
from clinic_platform.ids import new_id
from clinic_platform.promises import Promises


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """The data files, checked: a service with a bad one does not start."""

    questionnaire: Questionnaire
    screening: RuleSet
    shelf: RuleSets
    crisis: CrisisPolicy
    consents: ConsentDocuments
    timetable: Timetable
    gates: RuleSet
    clearance: ClearancePolicy


@dataclass(frozen=True, kw_only=True)
class Tools:
    places: Places
    enquiries: Enquiries
    patients: Patients
    screenings: Screenings
    consents: Consents
    consultations: Consultations
    clearances: Clearances
    risks: Risks
    visits: Visits
    promises: Promises
    definitions: Definitions
    clock: Clock
    new_id: Callable[[str], str] = field(default=new_id)

    async def place(self, location_id: str) -> Place:
        """The location, or LocationNotFound."""
        place = await self.places.find(location_id)
        if place is None:
            raise LocationNotFound
        return place

    async def reached_place(self, by: Caller, location_id: str) -> Place:
        """The location; one the caller does not reach is not found, as one that is not there."""
        if not by.reaches(location_id):
            raise LocationNotFound
        return await self.place(location_id)

    async def reached_enquiry(self, by: Caller, enquiry_id: str) -> Enquiry:
        enquiry = await self.enquiries.get(enquiry_id)
        if not by.reaches(enquiry.location_id):
            raise EnquiryNotFound
        return enquiry

    async def reached_patient(self, by: Caller, patient_id: str) -> Patient:
        """The patient; PatientErased when nobody is behind the record any more."""
        patient = await self.reached_record(by, patient_id)
        patient.only_known()
        return patient

    async def reached_record(self, by: Caller, patient_id: str) -> Patient:
        """Erased or not; one of another location is not found, as one that is not there."""
        patient = await self.patients.get(patient_id)
        if not by.reaches(patient.location_id):
            raise PatientNotFound
        return patient

    async def reached_screening(self, by: Caller, screening_id: str) -> Screening:
        screening = await self.screenings.get(screening_id)
        if not by.reaches(screening.location_id):
            raise ScreeningNotFound
        return screening

    async def reached_consultation(self, by: Caller, consultation_id: str) -> Consultation:
        consultation = await self.consultations.get(consultation_id)
        if not by.reaches(consultation.location_id):
            raise ConsultationNotFound
        return consultation

    async def reached_clearance(self, by: Caller, clearance_id: str) -> Clearance:
        clearance = await self.clearances.get(clearance_id)
        if not by.reaches(clearance.location_id):
            raise ClearanceNotFound
        return clearance
