"""What the handlers need from the outside world."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from clinic_intake.domain import clearance as clearances
from clinic_intake.domain import consent as consents
from clinic_intake.domain import consultation as consultations
from clinic_intake.domain import enquiry as enquiries
from clinic_intake.domain import patient as patients
from clinic_intake.domain.place import Place
from clinic_intake.domain.risk import Risk
from clinic_intake.domain.screening import Screening
from clinic_intake.domain.visit import Visit


class Places(Protocol):
    """The locations, as received."""

    async def find(self, location_id: str) -> Place | None: ...

    async def note(self, place: Place) -> None:
        """Keep it, unless the same or a newer version is kept already."""
        ...


class Enquiries(Protocol):
    """Every enquiry."""

    async def get(self, enquiry_id: str) -> enquiries.Enquiry:
        """The enquiry, or EnquiryNotFound."""
        ...

    async def record(self, enquiry: enquiries.Enquiry, fact: enquiries.Fact) -> enquiries.Enquiry:
        """The enquiry after the fact, or Conflict if someone else was faster."""
        ...


class Patients(Protocol):
    """Every patient. `record` saves and publishes, or does neither."""

    async def get(self, patient_id: str) -> patients.Patient:
        """The patient, or PatientNotFound."""
        ...

    async def record(self, patient: patients.Patient, fact: patients.Fact) -> patients.Patient:
        """The patient after the fact, with a new card sealed; Conflict if someone was faster.

        Of one who is erased nothing is left but the id, the place and the fact itself.
        """
        ...

    async def forget_again(self, patient: patients.Patient) -> None:
        """Publish the tombstone of an erased patient's card once more; change nothing else."""
        ...

    async def queue_for(self, patient_id: str) -> None:
        """Until the end of the transaction nobody else plans for this patient, or erases them."""
        ...

    async def with_marks(self, marks: Collection[str]) -> list[str]:
        """The ids of those who share one of the marks, sorted.

        Until the end of the transaction nobody else registers somebody with one of them.
        """
        ...


class Screenings(Protocol):
    """Every screening; one is added once and never changed."""

    async def get(self, screening_id: str) -> Screening:
        """The screening, or ScreeningNotFound."""
        ...

    async def add(self, screening: Screening) -> None:
        """Save and publish it, or do neither. DuplicateKey when there is one of its id."""
        ...

    async def newest_of(self, patient_id: str) -> Screening | None: ...


class Consents(Protocol):
    """Every consent. `record` saves and publishes, or does neither."""

    async def record(self, consent: consents.Consent, fact: consents.Fact) -> consents.Consent:
        """The consent after the fact, or Conflict if someone else was faster."""
        ...

    async def of_patient(self, patient_id: str) -> list[consents.Consent]:
        """All of them, the newest first."""
        ...


class Consultations(Protocol):
    """Every consultation, and whose time each takes up."""

    async def get(self, consultation_id: str) -> consultations.Consultation:
        """The consultation, or ConsultationNotFound."""
        ...

    async def record(
        self, consultation: consultations.Consultation, fact: consultations.Fact
    ) -> consultations.Consultation:
        """The consultation after the fact, with its time taken or given back; and published.

        Raises SlotTaken when the clinician or the patient is not free, Conflict if someone else
        was faster. After either, the transaction cannot go on.
        """
        ...

    async def booked_of(self, patient_id: str) -> list[consultations.Consultation]:
        """Those that are still to be held or cancelled, the newest first."""
        ...

    async def newest_held(self, patient_id: str) -> consultations.Consultation | None: ...

    async def busy(
        self, who: Collection[str], *, since: datetime, until: datetime
    ) -> set[tuple[str, datetime]]:
        """Of these clinicians and patients, who is taken and when."""
        ...


class Clearances(Protocol):
    """Every clearance. `record` saves and publishes, or does neither."""

    async def get(self, clearance_id: str) -> clearances.Clearance:
        """The clearance, or ClearanceNotFound."""
        ...

    async def record(
        self, clearance: clearances.Clearance, fact: clearances.Fact
    ) -> clearances.Clearance:
        """The clearance after the fact, or Conflict if someone else was faster."""
        ...

    async def of_patient(self, patient_id: str) -> list[clearances.Clearance]:
        """All of them, the newest first."""
        ...

    async def standing_of(self, patient_id: str) -> list[clearances.Clearance]:
        """Those that are cleared or wait for a co-signature.

        Until the end of the transaction nobody else decides about this patient's clearances.
        """
        ...


class Risks(Protocol):
    """The risk alerts, as received."""

    async def note(self, risk: Risk) -> None:
        """Keep it, unless the same or a newer version of the alert is kept already."""
        ...

    async def open_of(self, patient_id: str) -> list[Risk]: ...


class Visits(Protocol):
    """The patients' sessions, as received."""

    async def note(self, visit: Visit) -> None:
        """Keep it, unless the same or a newer version of the session is kept already."""
        ...

    async def open_of(self, patient_id: str) -> list[Visit]:
        """Those that are not over."""
        ...
