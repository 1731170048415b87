"""The figures of the guarantee are those of the code."""

from pathlib import Path
from typing import Final

import pytest

from clinic_ctl.stack.mongod import GIVES_UP_WITHIN
from clinic_events import inbox, topics
from clinic_events.kafka import publisher
from clinic_platform.mongo import MAJORITY, TRANSACTION_WITHIN

PAGE: Final = " ".join((Path(__file__).parents[2] / "docs/events-guarantee.md").read_text().split())


@pytest.mark.parametrize(
    "words",
    [
        f"{inbox.KEPT_FOR.days} days: the topics' {topics.RETENTION.days},"
        f" {topics.SEGMENT.days} until a segment is closed, and {inbox.LATE.days} in reserve",
        f"| {topics.RETENTION.days} days | `topics.py` `RETENTION` |",
        f"{topics.PARTITIONS} partitions a topic",
        f"`acks={publisher.SETTINGS['acks']}`, idempotent producer",
        f"write concern `{MAJORITY.document['w']}`",
        f"{GIVES_UP_WITHIN} s, as long as one of ours may last",
    ],
)
def test_a_figure_of_the_guarantee_is_that_of_the_code(words: str) -> None:
    assert words in PAGE


def test_an_inbox_remembers_longer_than_any_topic_keeps() -> None:
    kept = [topic.retention for topic in topics.ALL if topic.retention is not None]
    assert kept
    longest = inbox.KEPT_FOR - inbox.LATE - topics.SEGMENT
    assert all(retention <= longest for retention in kept)


def test_the_database_gives_a_transaction_up_no_sooner_than_we_do() -> None:
    assert TRANSACTION_WITHIN.total_seconds() <= GIVES_UP_WITHIN
