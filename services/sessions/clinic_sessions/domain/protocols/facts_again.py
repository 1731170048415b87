"""The facts of a past decision as they stand under a draft. Pure.

Some facts of the gates are reckoned from the protocol itself. Where it is known what the draft
makes of one, it is that; where it is not, the fact is left out: what hangs on it cannot be told.
"""

from collections.abc import Iterator
from typing import Final

from clinic_platform.decisions import Known, Receipt
from clinic_sessions.domain.bedside.reckoned import INTO_A_VEIN
from clinic_sessions.domain.bedside.spacing import NO_DOSE_BEFORE, TOO_SOON
from clinic_sessions.domain.protocols.protocol import FixedDoses, Protocol
from clinic_sessions.domain.session import Session

OBSERVATION: Final = "observation_minutes_left"
CONSENTED: Final = "consent_is_current"
LINE: Final = "line_is_missing"
OF_THE_DRUG: Final = ("registration_is_valid", "draw_is_missing")
NOT_KNOWN: Final = Known(value=None)


def facts_again(
    draft: Protocol, held: Protocol, session: Session, receipt: Receipt
) -> dict[str, Known]:
    """Alarms are not raised again: how many were open is as it was."""
    left_out = set(_left_out(draft, held, receipt))
    stand = {name: known for name, known in receipt.facts.items() if name not in left_out}
    return {**stand, **_line(draft, receipt), **_observation(draft, session, receipt)}


def _left_out(draft: Protocol, held: Protocol, receipt: Receipt) -> Iterator[str]:
    if not _consent_stands(draft, held, receipt.facts.get(CONSENTED, NOT_KNOWN)):
        yield CONSENTED
    if not _spacing_stands(draft, held, receipt.facts.get(TOO_SOON, NOT_KNOWN)):
        yield TOO_SOON
    if draft.route != held.route:
        yield LINE
    if draft.drug != held.drug:
        yield from OF_THE_DRUG


def _consent_stands(draft: Protocol, held: Protocol, consented: Known) -> bool:
    """Who had given all has given each of them; who had not given one has not given more."""
    asked, before = set(draft.consents), set(held.consents)
    if consented.value is True:
        return asked <= before
    return asked == before or (consented.value is False and asked > before)


def _spacing_stands(draft: Protocol, held: Protocol, soon: Known) -> bool:
    """What was late enough is so for less, too. How many hours it was is not in the receipt, nor
    which infusion it would have been: every stage has to agree."""
    stages = (*draft.spacing.all_stages, *held.spacing.all_stages)
    steps = [
        (draft.spacing.step_to(number).least, held.spacing.step_to(number).least)
        for number in {stage.from_infusion for stage in stages}
    ]
    if soon.value is False:
        return soon.source == NO_DOSE_BEFORE or all(now <= then for now, then in steps)
    if soon.value is True:
        return all(now >= then for now, then in steps)
    return all(now == then for now, then in steps)


def _line(draft: Protocol, receipt: Receipt) -> dict[str, Known]:
    """None is missing where the draft needs none."""
    if draft.route == INTO_A_VEIN:
        return {}
    return {LINE: Known(value=False, known_at=receipt.as_of, source="rehearsal")}


def _observation(draft: Protocol, session: Session, receipt: Receipt) -> dict[str, Known]:
    """From the first device where devices are given, else from the end of dosing."""
    started, ended = session.dosing_started_at, session.dosing_ended_at
    if OBSERVATION not in receipt.facts or started is None or ended is None:
        return {}
    since = started if isinstance(draft.dose, FixedDoses) else ended
    left = draft.monitoring.observe_at_least - (receipt.as_of - since)
    minutes = max(left.total_seconds() / 60, 0.0)
    return {OBSERVATION: Known(value=minutes, known_at=receipt.as_of, source="rehearsal")}
