"""Consents: to which text, by whom, since when, until when; and taken back."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, Self, TypeAlias, assert_never

from clinic_intake.domain.errors import ConsentDocumentNotCurrent, NotAllowed


class Status(StrEnum):
    NEW = "new"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.NEW: (Status.GIVEN,),
    Status.GIVEN: (Status.WITHDRAWN,),
    Status.WITHDRAWN: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentDocument:
    """A version of a text in one language. Another text is another version: the hash sees to it."""

    kind: str
    version: int
    language: str
    text: str
    sha256: str
    valid_for: timedelta
    ends_clearance: bool

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """From a data file. ValueError when the text is not the one its hash was made of."""
        text = unicodedata.normalize("NFC", str(document["text"])).strip()
        kind, found = str(document["kind"]), sha256(text.encode()).hexdigest()
        if found != document["sha256"]:
            raise ValueError(f"The consent {kind} has another text than its version had: {found}.")
        return cls(
            kind=kind,
            version=int(str(document["version"])),
            language=str(document["language"]),
            text=text,
            sha256=found,
            valid_for=timedelta(days=int(str(document["valid_for_days"]))),
            ends_clearance=document["ends_clearance"] is True,
        )


@dataclass(frozen=True, slots=True)
class ConsentDocuments:
    documents: tuple[ConsentDocument, ...]

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        rows = document.get("documents")
        if not isinstance(rows, list):
            raise ValueError("There are no consent documents.")
        return cls(tuple(ConsentDocument.parse(row) for row in rows))

    @property
    def current(self) -> tuple[ConsentDocument, ...]:
        """Of each kind and language the newest version."""
        newest: dict[tuple[str, str], ConsentDocument] = {}
        for document in sorted(self.documents, key=lambda document: document.version):
            newest[document.kind, document.language] = document
        return tuple(newest.values())

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(sorted({document.kind for document in self.documents}))

    def to_agree_to(self, kind: str, version: int, language: str) -> ConsentDocument:
        """Raises ConsentDocumentNotCurrent."""
        of_kind = [document for document in self.current if document.kind == kind]
        for document in of_kind:
            if (document.version, document.language) == (version, language):
                return document
        raise ConsentDocumentNotCurrent(
            [{"kind": kind, "version": d.version, "language": d.language} for d in of_kind]
        )

    def ends_clearance(self, kind: str) -> bool:
        return any(document.ends_clearance for document in self.current if document.kind == kind)


@dataclass(frozen=True, slots=True)
class Given:
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Withdrawn:
    at: datetime
    noted_by: str


Fact: TypeAlias = Given | Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`signer`: patient or representative. `noted_by` is who saw it given, or taken back."""

    id: str
    patient_id: str
    location_id: str
    kind: str
    document_version: int
    language: str
    text_sha256: str
    signer: str
    noted_by: str
    status: Status = Status.NEW
    given_at: datetime | None = None
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawal_noted_by: str | None = None
    revision: int = 0

    def is_current(self, *, now: datetime) -> bool:
        is_given = self.status is Status.GIVEN
        return is_given and self.expires_at is not None and now < self.expires_at

    def give(self, document: ConsentDocument, *, now: datetime) -> Given:
        self._may_become(Status.GIVEN)
        return Given(now, now + document.valid_for)

    def withdraw(self, noted_by: str, *, now: datetime) -> Withdrawn:
        self._may_become(Status.WITHDRAWN)
        return Withdrawn(now, noted_by)

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Given(at, expires_at):
                return replace(following, status=Status.GIVEN, given_at=at, expires_at=expires_at)
            case Withdrawn(at, noted_by):
                return replace(
                    following,
                    status=Status.WITHDRAWN,
                    withdrawn_at=at,
                    withdrawal_noted_by=noted_by,
                )
            case _:
                assert_never(fact)

    def _may_become(self, status: Status) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed("A consent", self.status, status, allowed=allowed)
