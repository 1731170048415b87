"""An adverse event: its account, with all earlier ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, Self, TypeAlias

Seriousness: TypeAlias = Literal[
    "death",
    "life_threatening",
    "hospitalisation",
    "disability",
    "congenital_anomaly",
    "important_medical_event",
]
Relatedness: TypeAlias = Literal["unrelated", "possible", "probable", "definite"]
Action: TypeAlias = Literal["none", "slowed", "paused", "stopped", "drug_given"]
Outcome: TypeAlias = Literal[
    "recovered", "recovering", "not_recovered", "recovered_with_sequelae", "fatal", "unknown"
]

# CTCAE v5: 1 mild, 2 moderate, 3 severe, 4 life-threatening, 5 death.
LIFE_THREATENING: Final = 4
DEATH: Final = 5

# Code → what it is called.
Catalogue: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What somebody has noted of it. Grades after CTCAE v5, from 1 to 5.

    A transient effect of the drug may be severe by its number and mild to a clinician: the two
    grades are kept apart, and neither follows from the other. `numeric_from` names the table by
    which software reckoned the one by number; None: a person gave it, or there is none. Serious is
    what meets a criterion.
    """

    term: str
    onset_at: datetime
    ended_at: datetime | None
    grade_numeric: int | None
    grade_clinical: int
    seriousness: tuple[Seriousness, ...]
    relatedness: Relatedness
    action: Action
    outcome: Outcome
    reason: str
    by: str
    at: datetime
    numeric_from: str | None = None

    @property
    def is_serious(self) -> bool:
        return bool(self.seriousness)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """To whom a serious event was reported."""

    to: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdverseEvent:
    """`history` holds the earlier accounts, the oldest first. `serious_since`: when somebody first
    called it so; `called_at`: when somebody was last called, since nobody had reported it in time.

    A report answers for what was known of it then. One that is serious no longer, and then again,
    is to be reported again; so is one that has met another criterion since its report.
    """

    id: str
    account: Account
    history: tuple[Account, ...] = ()
    serious_since: datetime | None = None
    reports: tuple[Report, ...] = ()
    called_at: datetime | None = None

    def amended(self, account: Account) -> Self:
        amended = replace(self, account=account, history=(*self.history, self.account))
        if not account.is_serious:
            return replace(amended, serious_since=None, called_at=None)
        is_graver = bool(set(account.seriousness) - set(self.account.seriousness))
        if self.serious_since is None or (self.is_reported and is_graver):
            return replace(amended, serious_since=account.at, called_at=None)
        return amended

    def reported(self, report: Report) -> Self:
        return replace(self, reports=(*self.reports, report))

    def called(self, at: datetime) -> Self:
        return replace(self, called_at=at)

    @property
    def is_reported(self) -> bool:
        """Since it became serious, or as serious as it is."""
        since = self.serious_since
        return since is not None and any(report.at >= since for report in self.reports)

    @property
    def is_to_be_reported(self) -> bool:
        return self.serious_since is not None and not self.is_reported

    @property
    def asks_no_more(self) -> str | None:
        """Why nobody need be called about it; None where somebody is to be."""
        if self.serious_since is None:
            return "not_serious"
        return "reported" if self.is_reported else None


def a_new_one(event_id: str, account: Account) -> AdverseEvent:
    since = account.at if account.is_serious else None
    return AdverseEvent(id=event_id, account=account, serious_since=since)


def read_catalogue(document: Mapping[str, Any]) -> Catalogue:
    """Raises KeyError or ValueError, naming the field."""
    for term in document["terms"]:
        if not term["source"]:
            raise ValueError(f"{term['code']} has no source.")
    return {term["code"]: term["label"] for term in document["terms"]}
