"""The settings of the driver on which the page of its traps rests, by their values."""

from inspect import signature

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from clinic_events import topics
from clinic_events.kafka import consumer, ends, polling, publisher
from clinic_events.kafka.pulse import STALLED_AFTER
from clinic_platform import lifecycle

MIB = 1024 * 1024
SETTINGS = consumer.SETTINGS


def milliseconds(name: str) -> int:
    value = SETTINGS[name]
    assert isinstance(value, int)
    return value


def test_t8_a_rebalance_waits_for_longer_than_we_drain_and_ends_before_we_call_it_a_stall() -> None:
    assert milliseconds("rebalance_timeout_ms") == 60_000
    assert consumer.REVOKE_WITHIN.total_seconds() == 5
    drained = consumer.REVOKE_WITHIN + consumer.COMMIT_WITHIN
    assert drained.total_seconds() * 1000 * 2 <= milliseconds("rebalance_timeout_ms")
    assert milliseconds("rebalance_timeout_ms") < STALLED_AFTER.total_seconds() * 1000


def test_a_consumer_asked_to_stop_has_stopped_before_its_process_is_killed() -> None:
    assert consumer.END_WITHIN <= lifecycle.DRAIN_WITHIN - lifecycle.ANSWER_WITHIN


def test_t9_and_t21_there_is_one_assignor_and_it_is_not_the_sticky_one() -> None:
    assert SETTINGS["partition_assignment_strategy"] == (RoundRobinPartitionAssignor,)


def test_t10_the_driver_gives_no_member_up_for_polling_late_before_the_watch_does() -> None:
    assert milliseconds("max_poll_interval_ms") > STALLED_AFTER.total_seconds() * 1000
    assert milliseconds("heartbeat_interval_ms") * 3 <= milliseconds("session_timeout_ms")


def test_t17_nothing_is_committed_by_the_driver_itself() -> None:
    assert SETTINGS["enable_auto_commit"] is False
    assert ends.SETTINGS["enable_auto_commit"] is False


def test_t18_batches_are_as_large_as_a_topic_takes_and_confirmed_by_every_replica() -> None:
    assert publisher.SETTINGS["max_batch_size"] == 256 * 1024 == topics.MAX_MESSAGE_BYTES
    assert publisher.SETTINGS["linger_ms"] == 0  # else those of a node go in two requests, later
    assert publisher.SETTINGS["acks"] == "all"
    assert publisher.SETTINGS["enable_idempotence"] is True


def test_t19_and_t20_a_fetch_is_bounded_and_holds_the_largest_event() -> None:
    assert SETTINGS["fetch_max_bytes"] == 8 * MIB
    of_a_partition = signature(AIOKafkaConsumer).parameters["max_partition_fetch_bytes"].default
    assert SETTINGS.get("max_partition_fetch_bytes", of_a_partition) == MIB
    assert topics.MAX_MESSAGE_BYTES < MIB


def test_t22_a_poll_takes_few_at_a_time() -> None:
    assert polling.POLL_RECORDS == 100
    assert polling.POLL_FOR_MS == 250


def test_a_group_without_an_offset_begins_at_the_oldest_and_reads_committed_messages() -> None:
    assert SETTINGS["auto_offset_reset"] == "earliest"
    assert SETTINGS["isolation_level"] == "read_committed"
