"""I11: a patient's own words are in no log, no metric, and on no topic in clear."""

from collections.abc import Iterator

from tests.chaos.checkers.model import Violation
from tests.chaos.evidence import Evidence
from tests.chaos.patients import CANARIES


def no_word_of_a_patient_is_written_in_clear(evidence: Evidence) -> Iterator[Violation]:
    for place, text in evidence.texts.items():
        lower = text.lower()
        for canary in CANARIES:
            if canary.encode() in lower:
                yield Violation("I11", "other", f"{canary} in {place}")
