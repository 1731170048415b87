"""A screening: what was answered, and the receipt of what the rules made of it. Never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from clinic_intake.domain.patient import Patient
from clinic_intake.domain.place import CrisisPolicy
from clinic_platform.decisions import Known, Receipt, RuleSet

# By name and version: a receipt is replayed by the rules that made it.
RuleSets: TypeAlias = Mapping[tuple[str, int], RuleSet]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    id: str
    patient_id: str
    location_id: str
    questionnaire: str
    screened_by: str
    completed_at: datetime
    receipt: Receipt
    revision: int = 1

    def replays(self, shelf: RuleSets) -> bool:
        """Whether its rules, asked again with its facts, answer the same."""
        rules = shelf.get((self.receipt.rule_set, self.receipt.version))
        receipt = self.receipt
        return rules is not None and rules.decide(receipt.facts, as_of=receipt.as_of) == receipt

    def shows_crisis(self, policy: CrisisPolicy) -> bool:
        return any(
            finding.rule in policy.rules and finding.why == "hit"
            for finding in self.receipt.findings
        )


def facts_of_patient(patient: Patient, *, now: datetime) -> dict[str, Known]:
    """What the record holds already is not asked again. A birthday begins where the patient is."""
    age = patient.age_on(now.astimezone(ZoneInfo(patient.contact.zone)).date())
    return {"age_years": Known(value=age, known_at=now, source=patient.id)}
