"""The note of a session: a draft until it is signed, then locked for good; what comes later is an
addendum. Its words are the patient's: they are in no event, no log and no answer to a command."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self, TypeAlias, assert_never

from clinic_sessions.domain.errors import NoteHasChanged, NoteIsSigned, NoteNotFound, NoteNotSigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Some text, and whose."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Drafted:
    written: Written


@dataclass(frozen=True, slots=True)
class Signed:
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AddendumAdded:
    written: Written


Fact: TypeAlias = Drafted | Signed | AddendumAdded


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`drafts` holds every text there was, the newest last: that one is what is signed."""

    session_id: str
    drafts: tuple[Written, ...] = ()
    signed_by: str | None = None
    signed_at: datetime | None = None
    addenda: tuple[Written, ...] = ()
    revision: int = 0

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    def draft(self, written: Written) -> Drafted:
        """Raises NoteIsSigned."""
        if self.is_signed:
            raise NoteIsSigned
        return Drafted(written)

    def sign(self, version: int, *, by: str, now: datetime) -> Signed:
        """Of the `version` that the signer has read. Raises NoteHasChanged, NoteIsSigned,
        NoteNotFound when there is no text."""
        if self.is_signed:
            raise NoteIsSigned
        if not self.drafts:
            raise NoteNotFound
        if version != self.revision:
            raise NoteHasChanged(self.revision)
        return Signed(by, now)

    def add(self, written: Written) -> AddendumAdded:
        """Raises NoteNotSigned."""
        if not self.is_signed:
            raise NoteNotSigned
        return AddendumAdded(written)

    def then(self, at: datetime) -> Self:
        """As it was: what is written is dated when it is written. Of version 0 before that."""
        drafts = tuple(one for one in self.drafts if one.at <= at)
        addenda = tuple(one for one in self.addenda if one.at <= at)
        was_signed = self.signed_at is not None and self.signed_at <= at
        return replace(
            self,
            drafts=drafts,
            addenda=addenda,
            signed_by=self.signed_by if was_signed else None,
            signed_at=self.signed_at if was_signed else None,
            revision=len(drafts) + was_signed + len(addenda),
        )

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Drafted(written):
                return replace(following, drafts=(*self.drafts, written))
            case Signed(by, at):
                return replace(following, signed_by=by, signed_at=at)
            case AddendumAdded(written):
                return replace(following, addenda=(*self.addenda, written))
            case _:
                assert_never(fact)
