"""The settings a service gets from outside: read once, checked, frozen, handed down.

A setting that is wrong is named with the rule it breaks; its value is never shown, since one cannot
know which of them holds a secret.
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from clinic_events import failpoints
from clinic_platform.sealing import BadKeyRing, KeyRing

DEVELOPMENT_ISSUER: Final = "https://dev-issuer.clinic.invalid"
ON_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "[::1]")
FEWEST_BYTES: Final = 8  # different ones among a key's 32: chance gives about 30

Port = Annotated[int, Field(ge=1, le=65_535)]
S = TypeVar("S", bound="ServiceSettings")


class BadSettings(ValueError):
    """One line for each setting that is wrong: the variable, and the rule."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class ServiceSettings(BaseSettings):
    """The knobs every service has. A service's own class gives the prefix of the variables."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True
    )

    environment: Literal["sandbox", "test", "production"] = "production"
    sandbox: bool = False
    clinic_sandbox: bool = Field(default=False, validation_alias="CLINIC_SANDBOX", repr=False)
    mongo_url: str = Field(default="mongodb://127.0.0.1:27017/?directConnection=true", repr=False)
    mongo_database: str | None = None
    mongo_driver: Literal["motor", "pymongo"] = "motor"
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ca_file: str | None = None
    # For a process that always comes back under this name, and never twice at once: it takes its
    # partitions up again at once, where a nameless one is waited for until its session ends.
    kafka_instance: str | None = None
    http_host: str = "127.0.0.1"
    http_port: Port = 8100
    # Behind a proxy longer than the proxy keeps an idle connection: else it sends a request now and
    # then on one that is being closed, and its client is answered 502.
    http_keep_alive_seconds: Annotated[int, Field(ge=1, le=3_600)] = 5
    management_host: str = "127.0.0.1"
    management_port: Port = 9100
    auth_issuer: str = DEVELOPMENT_ISSUER
    auth_audience: str = "clinic"
    auth_jwks_url: str
    sealing_keys: SecretStr
    public_requests_per_minute: Annotated[int, Field(ge=1)] = 120
    otlp_traces_endpoint: str | None = None
    traced_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    failpoint: str = Field(default="", validation_alias="CLINIC_FAILPOINT", repr=False)

    @model_validator(mode="before")
    @classmethod
    def _one_sandbox_for_all(cls, given: Any) -> Any:
        """`CLINIC_SANDBOX` holds for every service that has not its own."""
        if isinstance(given, Mapping) and "CLINIC_SANDBOX" in given and "sandbox" not in given:
            return {**given, "sandbox": given["CLINIC_SANDBOX"]}
        return given

    @field_validator("sealing_keys")
    @classmethod
    def _keys_can_be_read(cls, keys: SecretStr) -> SecretStr:
        try:
            KeyRing.parse(keys.get_secret_value())
        except BadKeyRing:
            raise ValueError("It is not a ring of keys of 32 bytes.") from None
        return keys

    @field_validator("failpoint")
    @classmethod
    def _failpoint_is_known(cls, text: str) -> str:
        try:
            failpoints.parse(text)
        except ValueError:
            raise ValueError("It is not a failpoint.") from None
        return text

    @model_validator(mode="after")
    def _is_fit_for_its_environment(self) -> Self:
        wrong = [f"{self.variable(name)}: {rule}" for name, rule in self._wrong_here()]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @classmethod
    def variable(cls, name: str) -> str:
        """The variable a setting is read from."""
        aliases = {n: field.validation_alias for n, field in cls.model_fields.items()}
        if name in aliases.values():  # a refusal names a setting by its alias, if it has one
            return name
        return str(aliases.get(name) or f"{cls.model_config['env_prefix']}{name}".upper())

    def _wrong_here(self) -> Iterator[tuple[str, str]]:
        if self.failpoint and self.environment != "test":
            yield "failpoint", "A failpoint is for tests alone."
        if self.environment == "production":
            yield from self._unfit()

    def _unfit(self) -> Iterator[tuple[str, str]]:
        """The settings that are not for production, each with the rule."""
        if self.sandbox:
            yield "sandbox", "A sandbox is not for production."
        if urlsplit(self.auth_jwks_url).scheme != "https":
            yield "auth_jwks_url", "In production it is an https URL."
        if self.auth_issuer.rstrip("/") == DEVELOPMENT_ISSUER:
            yield "auth_issuer", "The issuer of development is not for production."
        for name in ("mongo_url", "kafka_bootstrap_servers", "auth_jwks_url"):
            if any(host in getattr(self, name) for host in ON_THIS_MACHINE):
                yield name, "In production it is not on this machine."
        if _is_weak(self.sealing_keys.get_secret_value()):
            yield "sealing_keys", "A key repeats itself, as the one of an example would."


def load(kind: type[S]) -> S:
    """From the environment and mounted secret files. Raises BadSettings."""
    try:
        return kind()
    except ValidationError as error:
        raise BadSettings(list(_lines(kind, error))) from None
    except SettingsError:
        raise BadSettings(["A setting that should be JSON is not."]) from None


def _lines(kind: type[ServiceSettings], error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_context=False, include_url=False):
        message = detail["msg"].removeprefix("Value error, ")
        if detail["loc"]:
            yield f"{kind.variable(str(detail['loc'][0]))}: {message}"
        else:
            yield from message.splitlines()


def _is_weak(ring: str) -> bool:
    return any(len(set(b64decode(key))) < FEWEST_BYTES for key in json.loads(ring).values())
