"""A session whose gates are open but for what is noted otherwise, and waivers of them."""

from datetime import datetime
from typing import Final

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.gates import Gates, gates_of, waive
from clinic_sessions.domain.facts import Arrived, Checked
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session
from tests.support.sessions import GATES, NOON, RULES, a_protocol, a_session, good_facts

PROTOCOL: Final = a_protocol()
PRESCRIBER: Final = ("prescriber",)


def arrived(**noted: bool | float | str | None) -> Session:
    """With every gate open, but for what is `noted` otherwise; None: it is not known."""
    facts = {**good_facts(NOON), **{n: Known(value=v, known_at=NOON) for n, v in noted.items()}}
    return a_session(Arrived(NOON), Checked(facts))


def gates(session: Session, *, protocol: Protocol = PROTOCOL, now: datetime = NOON) -> Gates:
    return gates_of(session, protocol, GATES.decide(session.facts, as_of=now))


def waived(session: Session, gate: str, *, protocol: Protocol = PROTOCOL) -> Session:
    return waived_at(session, gates(session, protocol=protocol), gate)


def waived_at(session: Session, now: Gates, gate: str) -> Session:
    """Signed by a prescriber who has read what these gates show."""
    fact = waive(
        session,
        now,
        gate,
        "seen",
        by="usr_p",
        roles=PRESCRIBER,
        rules=RULES,
        has_read=read_of(now, gate),
    )
    return session.after(fact)


def read_of(now: Gates, gate: str) -> dict[str, bool | float | str | None]:
    """What is shown of a gate that is shut, read well."""
    return {
        used.name: used.value
        for finding in now.receipt.findings
        if finding.rule == gate
        for used in finding.used
    }
