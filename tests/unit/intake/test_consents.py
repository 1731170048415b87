"""Consents: to one version of one text, for a time, until taken back."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from clinic_intake.domain.consent import (
    ARROWS,
    Consent,
    ConsentDocument,
    ConsentDocuments,
    Status,
    Withdrawn,
)
from clinic_intake.domain.errors import ConsentDocumentNotCurrent, NotAllowed
from clinic_platform.testing import NOON
from tests.support.intake import CONSENTS, a_consent, the_definitions

DOCUMENTS = the_definitions().consents
A_YEAR = timedelta(days=365)


def a_row(*, version: int = 1, language: str = "en", text: str = "I agree.") -> dict[str, object]:
    return {
        "kind": "treatment",
        "version": version,
        "language": language,
        "text": text,
        "sha256": sha256(text.encode()).hexdigest(),
        "valid_for_days": 365,
        "ends_clearance": True,
    }


def given() -> Consent:
    [document] = [document for document in DOCUMENTS.current if document.kind == "treatment"]
    consent = a_consent()
    return consent.after(consent.give(document, now=NOON))


def test_each_kind_there_is_can_be_agreed_to() -> None:
    assert set(DOCUMENTS.kinds) == set(CONSENTS)
    for kind in CONSENTS:
        assert DOCUMENTS.to_agree_to(kind, 1, "en").kind == kind


def test_another_text_under_the_same_version_keeps_the_service_from_starting() -> None:
    with pytest.raises(ValueError, match="another text"):
        ConsentDocument.parse({**a_row(), "text": "I agree to everything."})


def test_spelling_an_accent_in_another_way_makes_no_other_text() -> None:
    row = a_row(text="J’accepte l’été.")
    decomposed = str(row["text"]).replace("é", "e\u0301")
    assert ConsentDocument.parse({**row, "text": decomposed}) == ConsentDocument.parse(row)


def test_documents_without_a_list_are_none() -> None:
    with pytest.raises(ValueError, match="no consent documents"):
        ConsentDocuments.parse({})


def test_only_the_newest_version_in_a_language_there_is_can_be_agreed_to() -> None:
    documents = ConsentDocuments.parse(
        {"documents": [a_row(version=2, text="I agree."), a_row(version=1, text="I do.")]}
    )
    assert documents.to_agree_to("treatment", 2, "en").text == "I agree."
    for version, language in ((1, "en"), (2, "de")):
        with pytest.raises(ConsentDocumentNotCurrent) as refused:
            documents.to_agree_to("treatment", version, language)
        assert refused.value.alternatives == [{"kind": "treatment", "version": 2, "language": "en"}]


def test_a_kind_there_is_not_has_no_alternatives() -> None:
    with pytest.raises(ConsentDocumentNotCurrent) as refused:
        DOCUMENTS.to_agree_to("everything", 1, "en")
    assert refused.value.alternatives == []


def test_a_consent_holds_for_a_year_to_the_second() -> None:
    consent = given()
    assert consent.expires_at == NOON + A_YEAR
    assert consent.is_current(now=NOON + A_YEAR - timedelta(seconds=1))
    assert not consent.is_current(now=NOON + A_YEAR)


def test_a_consent_that_was_taken_back_does_not_hold() -> None:
    consent = given()
    withdrawn = consent.after(consent.withdraw("usr_nurse", now=NOON))
    assert not withdrawn.is_current(now=NOON)
    assert (withdrawn.withdrawn_at, withdrawn.withdrawal_noted_by) == (NOON, "usr_nurse")


def test_a_consent_not_yet_given_does_not_hold() -> None:
    assert not a_consent().is_current(now=NOON)


@pytest.mark.parametrize("status", Status)
def test_a_consent_moves_only_along_its_arrows(status: Status) -> None:
    consent = replace(a_consent(), status=status)
    if Status.WITHDRAWN in ARROWS[status]:
        assert consent.withdraw("usr_nurse", now=NOON) == Withdrawn(NOON, "usr_nurse")
    else:
        with pytest.raises(NotAllowed):
            consent.withdraw("usr_nurse", now=NOON)
    if Status.GIVEN not in ARROWS[status]:
        with pytest.raises(NotAllowed):
            consent.give(DOCUMENTS.current[0], now=NOON)


def test_only_the_consent_to_treatment_ends_a_clearance() -> None:
    assert [kind for kind in CONSENTS if DOCUMENTS.ends_clearance(kind)] == ["treatment"]
