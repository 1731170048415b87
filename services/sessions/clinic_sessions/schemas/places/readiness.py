"""What the API shows of a location that is about to open."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel

from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.places.readiness import Finding, is_ready


class FindingOut(BaseModel):
    """`about`: where in the document. `blocks`: no first patient until it is mended."""

    code: str
    about: str
    what: str
    why: str
    how: str
    blocks: bool


class ReadinessOut(BaseModel):
    """Of the document in this version. `ready`: nothing that is missing blocks a first patient."""

    location_id: str
    version: int
    ready: bool
    findings: list[FindingOut]

    @classmethod
    def of(cls, location: Location, findings: Sequence[Finding]) -> Self:
        return cls(
            location_id=location.id,
            version=location.revision,
            ready=is_ready(findings),
            findings=[
                FindingOut(
                    code=one.code,
                    about=one.about,
                    what=one.what,
                    why=one.why,
                    how=one.how,
                    blocks=one.blocks,
                )
                for one in findings
            ],
        )
