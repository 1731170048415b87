"""I1, I2, I9: the answers to the clients are what was done, all of it and once."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from clinic_platform.auth.callers import ANYBODY
from tests.chaos.checkers.model import Violation, compared
from tests.chaos.evidence import Evidence
from tests.chaos.history import Call
from tests.chaos.operations import OPERATIONS

# Nobody but clients makes these, so that each row is some command's.
MADE_BY_COMMANDS: Final = {
    (operation.service, collection)
    for operation in OPERATIONS.values()
    for collection, _ in operation.touches
}
DONE: Final = range(200, 300)  # what is refused is answered, and not kept
# Commands of the setting-up, before the history begins.
BEFOREHAND: Final = frozenset({"describe_location"})


def every_command_is_answered(evidence: Evidence) -> Iterator[Violation]:
    for call in evidence.calls:
        if call.outcome != "ok":
            yield Violation("I1", "lost", f"{call.operation} {call.key} ended as {call.outcome}")


def effects_are_those_of_the_commands(evidence: Evidence) -> Iterator[Violation]:
    """A record is at the version to which so many commands have brought it; and no other exists."""
    expected: Counter[tuple[str, str, str]] = Counter()
    added: Counter[tuple[str, str]] = Counter()
    for call in evidence.ok:
        for collection, record_id in call.touches:
            expected[call.service, collection, record_id] += 1
        if OPERATIONS[call.operation].adds:
            added[call.service, OPERATIONS[call.operation].adds] += 1
    found: Counter[tuple[str, str, str]] = Counter()
    for service, collection in MADE_BY_COMMANDS:
        for row in evidence.of(service, collection):
            found[service, collection, row["_id"]] = row.get("revision", 1)
    yield from compared("I1", expected.elements(), found.elements())
    for (service, collection), count in added.items():
        rows = [(service, collection)] * len(evidence.of(service, collection))
        yield from compared("I1", [(service, collection)] * count, rows)


def each_answer_is_kept(evidence: Evidence) -> Iterator[Violation]:
    """A row for each command, by the key the service makes of the client's; of what was done."""
    for service, kept in _kept(evidence).items():
        expected = [kept_under(call) for call in evidence.ok if call.service == service]
        yield from compared("I2", expected, kept)
        for row in evidence.of(service, "idempotency"):
            if row.get("status") not in DONE:
                yield Violation("I2", "lost", f"{service} kept an answer {row.get('status')}")


def each_command_is_in_the_audit(evidence: Evidence) -> Iterator[Violation]:
    """And what an operator did."""
    commands = [(call.service, call.operation, call.about) for call in evidence.ok]
    expected = [*commands, *evidence.deeds]
    found = [
        (service, row["action"], row["object_id"])
        for service in evidence.rows
        for row in evidence.of(service, "audit")
        if row["outcome"] == "done" and row["action"] not in BEFOREHAND
    ]
    yield from compared("I9", expected, found)


def _kept(evidence: Evidence) -> dict[str, list[str]]:
    return {
        service: [row["_id"] for row in evidence.of(service, "idempotency")]
        for service in evidence.rows
    }


def kept_under(call: Call) -> str:
    """The key of the kept answer, as the service makes it of the client's."""
    carried = ""  # nobody of ours carries a token to a public door
    actor = call.actor or ANYBODY.actor
    parts = [actor, carried, call.operation, call.path, call.key]
    return sha256("\x1f".join(parts).encode()).hexdigest()
