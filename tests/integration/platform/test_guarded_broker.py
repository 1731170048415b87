"""A broker as in production: reached over TLS, by a name and a password."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clinic_ctl.__main__ import app
from clinic_ctl.stack import kafka
from clinic_events import SessionCompleted, on
from clinic_events.kafka import KafkaConsumer, KafkaPublisher
from clinic_events.kafka.topic_check import check_topics
from clinic_events.testing import example, message_of
from clinic_events.topics import ALL
from clinic_platform.broker import BrokerSettings, kafka_security
from tests.support.certificates import Authority
from tests.support.events import Listener
from tests.support.eventually import eventually
from tests.support.guarded import PASSWORD, USER, GuardedKafka
from tests.support.stack import ROOT

Told = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guarded")


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[GuardedKafka]:
    authority = Authority(folder)
    authority.issue(folder / "server.pem")
    authority.issue(folder / "service.pem")
    broker = GuardedKafka(
        kafka.jars(ROOT / "deploy/local/kafka/pom.xml", ROOT / ".clinic"),
        folder / "kafka",
        certificate=folder / "server.pem",
        authority=authority.file,
    )
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def by_password(broker: GuardedKafka, folder: Path) -> Told:
    """What somebody is told who may reach it by a name and a password."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": broker.by_password,
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD": PASSWORD,
        "KAFKA_CA_FILE": str(folder / "authority.pem"),
    }


@pytest.fixture
def by_certificate(broker: GuardedKafka, folder: Path) -> Told:
    """The same by a certificate of its own."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": broker.by_certificate,
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_CA_FILE": str(folder / "authority.pem"),
        "KAFKA_CERTIFICATE_FILE": str(folder / "service.pem"),
        "KAFKA_KEY_FILE": str(folder / "service.pem"),
    }


def topics_applied(told: Mapping[str, str]) -> Result:
    return CliRunner().invoke(app, ["topics", "apply"], env={**told, "COLUMNS": "200"})


@pytest.mark.parametrize("way", ["by_password", "by_certificate"])
async def test_topics_are_made_and_an_event_arrives(
    way: str, request: pytest.FixtureRequest
) -> None:
    told: Told = request.getfixturevalue(way)
    applied = await asyncio.to_thread(topics_applied, told)
    assert applied.exit_code == 0, applied.output
    settings = BrokerSettings.model_validate({name.lower(): told[name] for name in told})
    servers, security = settings.kafka_bootstrap_servers, kafka_security(settings)
    await check_topics(servers, ALL, security=security)

    listener = Listener()

    async def handle(completed: SessionCompleted) -> None:
        listener.effects.done.append(completed.session_id)

    consumer = KafkaConsumer(
        listener.delivery(on(SessionCompleted, handle)),
        bootstrap_servers=servers,
        group=way,
        topics=["sessions.events"],
        security=security,
    )
    running = asyncio.create_task(consumer.run())
    publisher = KafkaPublisher(servers, security=security)
    event = example(SessionCompleted, session_id=way)
    await publisher.publish([message_of(event, event_id=f"evt_{way}")])
    await publisher.close()

    async def has_arrived() -> bool:
        return await consumer.lag() == 0 and way in listener.effects.done

    await eventually(has_arrived)
    running.cancel()
    await asyncio.wait([running])


def is_not_let_in(result: Result) -> bool:
    """The driver may log the reason before."""
    last = result.stderr.splitlines()[-1]
    return result.exit_code == 1 and last.startswith("Unavailable No broker lets us in at ")


def test_without_the_password_nobody_is_let_in(by_password: Told) -> None:
    refused = topics_applied({**by_password, "KAFKA_SASL_PASSWORD": "another-password"})
    assert is_not_let_in(refused)
    assert "another-password" not in refused.output


def test_a_server_whose_authority_is_not_trusted_is_not_spoken_to(
    by_password: Told, tmp_path: Path
) -> None:
    another = Authority(tmp_path)
    assert is_not_let_in(topics_applied({**by_password, "KAFKA_CA_FILE": str(another.file)}))


def test_without_a_certificate_nobody_is_let_in(by_certificate: Told) -> None:
    own = ("KAFKA_CERTIFICATE_FILE", "KAFKA_KEY_FILE")
    told = {name: by_certificate[name] for name in by_certificate if name not in own}
    assert is_not_let_in(topics_applied(told))


def test_a_file_that_is_no_certificate_is_named(by_certificate: Told, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    told = {**by_certificate, "KAFKA_CERTIFICATE_FILE": str(tmp_path / "empty.pem")}
    refused = topics_applied(told)
    assert refused.exit_code == 1
    assert "KAFKA_CA_FILE: It, or the certificate or its key" in refused.stderr
