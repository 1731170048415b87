"""What was sent to another place, and whether it came there. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from clinic_sessions.domain.drugs.ledger import Entry
from clinic_sessions.domain.drugs.reconciling import Difference
from clinic_sessions.domain.drugs.vial import Vial


class Shipment(NamedTuple):
    """What both places write down: by this one is known to be the other."""

    place_id: str
    reference: str | None
    code: str
    lot: str
    micrograms: int


def receivers(vials: Sequence[Vial]) -> set[str]:
    """The places that something was sent to."""
    return {entry.target.of for _, entry in _sent(vials)}


def not_arrived(
    vials: Sequence[Vial], there: Mapping[str, Sequence[Vial]], *, sent_by: datetime
) -> Iterator[Difference]:
    """Of `vials` those that had left by `sent_by`, and that their place has not received. `there`:
    what each place has; one vial that came answers for one that was sent."""
    came = Counter(
        Shipment(place, vial.product.reference, vial.product.code, vial.product.lot, vial.received)
        for place, received in there.items()
        for vial in received
    )
    for vial, entry in sorted(_sent(vials), key=lambda pair: (pair[1].at, pair[0].id)):
        if entry.at > sent_by:
            return
        shipment = _shipment(vial, entry)
        if came[shipment]:
            came[shipment] -= 1
            continue
        yield Difference(
            kind="not_received",
            session_id=None,
            vial_id=vial.id,
            expected=entry.micrograms,
            found=0,
        )


def _sent(vials: Sequence[Vial]) -> Iterator[tuple[Vial, Entry]]:
    for vial in vials:
        for entry in vial.ledger.standing():
            if entry.kind == "transferred":
                yield vial, entry


def _shipment(vial: Vial, entry: Entry) -> Shipment:
    product = vial.product
    return Shipment(entry.target.of, entry.reference, product.code, product.lot, entry.micrograms)
