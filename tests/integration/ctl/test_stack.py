"""The local stack on the real things: started, found again, restarted, ended."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from clinic_ctl.stack.mock import MockKafka
from clinic_ctl.stack.mongod import Mongod
from clinic_ctl.stack.parts import INFRASTRUCTURE, port_of
from clinic_ctl.stack.ports import is_free
from clinic_ctl.stack.stack import NotRunning, Stack, UnknownPart
from clinic_ctl.stack.state import Running
from clinic_events import topics


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"), anywhere=True)
    stack.up(INFRASTRUCTURE)
    yield stack
    stack.down()
    assert stack.status() == []


def test_starting_twice_uses_what_runs(stack: Stack) -> None:
    before = stack.status()
    assert Stack(stack.folder, anywhere=True).up(INFRASTRUCTURE) == before


async def test_the_topics_are_there(stack: Stack) -> None:
    servers = stack.part("kafka").addresses["bootstrap_servers"]
    consumer = AIOKafkaConsumer(bootstrap_servers=servers)
    await consumer.start()
    assert {topic.name for topic in topics.ALL} <= await consumer.topics()
    await consumer.stop()


def test_mail_survives_the_power_cut_of_its_process(stack: Stack) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Your visit"
    letter.set_content("See you soon.")
    with smtplib.SMTP("127.0.0.1", port_of(stack.part("devtools"), "smtp")) as smtp:
        smtp.send_message(letter, "clinic@example.org", ["testa@example.org"])
    was = stack.part("devtools")
    stack.kill("devtools")
    assert not stack.part("devtools").is_alive
    again = stack.start("devtools")
    assert again.addresses == was.addresses
    [kept] = httpx.get(f"{stack.url('devtools')}/messages").json()["items"]
    assert kept["to"] == ["testa@example.org"]


def test_the_database_comes_back_where_it_was(stack: Stack) -> None:
    was = stack.part("mongo")
    again = stack.restart("mongo")
    assert again.addresses == was.addresses
    assert again.pid != was.pid
    assert again.is_usable


def test_a_database_that_has_moved_to_another_port_can_be_written_to(tmp_path: Path) -> None:
    first = Mongod(tmp_path)
    first.start()
    first.stop()
    second = Mongod(tmp_path)
    assert second.port != first.port
    second.start()  # returns only once it is the primary
    second.stop()


def test_parts_that_are_given_are_neither_started_nor_ended(tmp_path: Path, stack: Stack) -> None:
    given = {"mongo": Running.given("mongo", **stack.part("mongo").addresses)}
    other = Stack(tmp_path, given=given, anywhere=True)
    other.up(["mongo", "devtools"])
    other.down()
    assert stack.part("mongo").is_alive
    assert not (tmp_path / "mongo").exists()


def test_ports_are_free_again_after_the_end(tmp_path: Path) -> None:
    other = Stack(tmp_path, anywhere=True)
    [tools] = other.up(["devtools"])
    other.down()
    assert is_free(port_of(tools, "http"))


def test_a_part_that_does_not_exist_or_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownPart, match="zookeeper is no part"):
        Stack(tmp_path).up(["zookeeper"])
    with pytest.raises(NotRunning, match="kafka is not running"):
        Stack(tmp_path).part("kafka")


async def test_the_mock_broker_carries_an_event_from_one_client_to_another(tmp_path: Path) -> None:
    broker = MockKafka(tmp_path)
    broker.start()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait(topics.SESSIONS.name, b"{}", key=b"pat_1")
    await producer.stop()
    consumer = AIOKafkaConsumer(
        topics.SESSIONS.name,
        bootstrap_servers=broker.bootstrap_servers,
        group_id="test",
        auto_offset_reset="earliest",
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    broker.stop()
    assert record.key == b"pat_1"
