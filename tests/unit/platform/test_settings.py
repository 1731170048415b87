"""A service with a wrong setting does not start, and never shows the setting's value."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict

from clinic_platform.backbone import public_server
from clinic_platform.environment import BadSettings, load, unknown
from clinic_platform.settings import DEVELOPMENT_ISSUER, ServiceSettings

GOOD_RING = json.dumps({"a": b64encode(bytes(range(32))).decode()})


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="THINGS_")


PRODUCTION = {
    "THINGS_ENVIRONMENT": "production",
    "THINGS_MONGO_URL": "mongodb://mongo.example.org/?replicaSet=rs",
    "THINGS_KAFKA_BOOTSTRAP_SERVERS": "kafka.example.org:9092",
    "THINGS_AUTH_ISSUER": "https://issuer.example.org",
    "THINGS_AUTH_JWKS_URL": "https://issuer.example.org/jwks.json",
    "THINGS_SEALING_KEYS": GOOD_RING,
}


def set_variables(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name in ("CLINIC_SANDBOX", "CLINIC_FAILPOINT", "THINGS_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**PRODUCTION, **variables}.items():
        monkeypatch.setenv(name, value)


def test_good_settings_are_read_once_and_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, THINGS_HTTP_PORT="8102")

    settings = load(Settings)

    assert (settings.http_port, settings.sandbox) == (8102, False)
    with pytest.raises(ValueError, match="frozen"):
        settings.__setattr__("http_port", 1)
    assert GOOD_RING not in repr(settings)
    assert "mongo.example.org" not in repr(settings)


def test_a_secret_that_is_no_variable_is_read_from_a_file_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    set_variables(monkeypatch, THINGS_LOG_LEVEL="error")
    monkeypatch.delenv("THINGS_SEALING_KEYS")
    (tmp_path / "things_sealing_keys").write_text(f"{GOOD_RING}\n")
    (tmp_path / "things_log_level").write_text("debug")

    settings = load(Settings, secrets=tmp_path)

    assert settings.sealing_keys.get_secret_value() == GOOD_RING
    assert settings.log_level == "error"


def test_a_file_that_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_variables(monkeypatch)
    (tmp_path / "things_sealing_keys").write_bytes(b"\xff\xfe")

    with pytest.raises(BadSettings) as refusal:
        load(Settings, secrets=tmp_path)

    assert refusal.value.lines == ["THINGS_SEALING_KEYS: It cannot be read."]


def test_a_misspelt_setting_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, THINGS_LOG_LEVLE="debug", OTHERS_LOG_LEVLE="debug")
    assert unknown(Settings) == ["THINGS_LOG_LEVLE"]


def test_the_server_is_made_as_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(
        monkeypatch,
        THINGS_HTTP_KEEP_ALIVE_SECONDS="75",
        THINGS_TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.7",
    )
    config = public_server(FastAPI(), load(Settings)).config
    assert config.timeout_keep_alive == 75
    assert config.proxy_headers
    assert config.forwarded_allow_ips == "10.0.0.0/8,192.0.2.7/32"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("THINGS_SANDBOX", "1"),
        ("CLINIC_FAILPOINT", "relay.before_publish"),
        ("CLINIC_FAILPOINT", "relay.hush"),
        ("THINGS_AUTH_JWKS_URL", "http://issuer.example.org/jwks.json"),
        ("THINGS_AUTH_ISSUER", DEVELOPMENT_ISSUER),
        ("THINGS_MONGO_URL", "mongodb://localhost:27017/hush"),
        ("THINGS_KAFKA_BOOTSTRAP_SERVERS", "kafka.example.org:1,127.0.0.1:9092"),
        ("THINGS_SEALING_KEYS", json.dumps({"hush": b64encode(b"a" * 32).decode()})),
        ("THINGS_SEALING_KEYS", json.dumps({"hush": b64encode(b"short").decode()})),
        ("THINGS_SEALING_KEYS", "hush"),
        ("THINGS_HTTP_PORT", "hush"),
        ("THINGS_TRUSTED_PROXIES", "10.0.0.0/8, hush"),
        ("THINGS_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("THINGS_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("THINGS_ENVIRONMENT", "hush"),
    ],
)
def test_a_wrong_setting_is_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    set_variables(monkeypatch, **{variable: value})

    with pytest.raises(BadSettings) as refusal:
        load(Settings)

    assert [line.partition(":")[0] for line in refusal.value.lines] == [variable]
    assert "hush" not in str(refusal.value)
    assert value == "1" or value not in str(refusal.value)


@pytest.mark.parametrize("environment", ["sandbox", "production"])
def test_a_failpoint_is_refused_wherever_people_work(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    set_variables(
        monkeypatch,
        THINGS_ENVIRONMENT=environment,
        CLINIC_FAILPOINT="relay.before_publish",
    )
    with pytest.raises(BadSettings) as refusal:
        load(Settings)
    assert refusal.value.lines == ["CLINIC_FAILPOINT: A failpoint is for tests alone."]


def test_a_test_may_arm_a_failpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, THINGS_ENVIRONMENT="test", CLINIC_FAILPOINT="relay.before_publish")
    assert load(Settings).failpoint == "relay.before_publish"


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, THINGS_SANDBOX="true", THINGS_MONGO_URL="mongodb://127.0.0.1")

    with pytest.raises(BadSettings) as refusal:
        load(Settings)

    assert len(refusal.value.lines) == 2


def test_one_variable_makes_a_sandbox_of_every_service(monkeypatch: pytest.MonkeyPatch) -> None:
    set_variables(monkeypatch, CLINIC_SANDBOX="1", THINGS_ENVIRONMENT="sandbox")
    assert load(Settings).sandbox

    set_variables(monkeypatch, CLINIC_SANDBOX="1", THINGS_SANDBOX="0", THINGS_ENVIRONMENT="sandbox")
    assert not load(Settings).sandbox

    set_variables(monkeypatch, CLINIC_SANDBOX="1")
    with pytest.raises(BadSettings, match="THINGS_SANDBOX"):
        load(Settings)


class Letters(Settings):
    """A service with a rule of its own for production."""

    def _unfit(self) -> Iterator[tuple[str, str]]:
        yield from super()._unfit()
        yield "http_port", "In production letters leave from elsewhere."


@pytest.mark.parametrize("environment", ["sandbox", "test"])
def test_settings_refused_in_production_are_refused_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    set_variables(monkeypatch, THINGS_ENVIRONMENT=environment, CLINIC_SANDBOX="1")
    assert load(Letters).sandbox

    set_variables(monkeypatch)
    with pytest.raises(BadSettings, match="THINGS_HTTP_PORT: In production"):
        load(Letters)


def test_a_broker_that_asks_who_is_there_needs_a_name_and_a_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_variables(
        monkeypatch,
        THINGS_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        THINGS_KAFKA_SASL_PASSWORD="",
        THINGS_KAFKA_CA_FILE="/nowhere/authority.pem",
    )
    with pytest.raises(BadSettings) as refusal:
        load(Settings)
    assert [line.partition(":")[0] for line in refusal.value.lines] == ["THINGS_KAFKA_CA_FILE"]

    monkeypatch.delenv("THINGS_KAFKA_CA_FILE")
    with pytest.raises(BadSettings) as refusal:
        load(Settings)
    named = [line.partition(":")[0] for line in refusal.value.lines]
    assert named == ["THINGS_KAFKA_SASL_USERNAME", "THINGS_KAFKA_SASL_PASSWORD"]
