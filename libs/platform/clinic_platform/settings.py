"""The settings of a service. What is only for development is refused in production."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from clinic_events import failpoints
from clinic_platform.broker import BrokerSettings
from clinic_platform.sealing import BadKeyRing, KeyRing

DEVELOPMENT_ISSUER: Final = "https://dev-issuer.clinic.invalid"
ON_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "[::1]")
FEWEST_BYTES: Final = 8  # different ones among a key's 32: chance gives about 30

Port = Annotated[int, Field(ge=1, le=65_535)]


class ServiceSettings(BrokerSettings):
    """The knobs every service has. A service's own class gives the prefix of the variables."""

    environment: Literal["sandbox", "test", "production"] = "production"
    """`production` refuses every setting that is only for development, serves no OpenAPI, and takes
    tokens of 15 minutes at most."""
    sandbox: bool = False
    """The service's clock can be moved, on the management port. Refused in production."""
    clinic_sandbox: bool = Field(default=False, validation_alias="CLINIC_SANDBOX", repr=False)
    """The same for every service that has no `…_SANDBOX` of its own."""
    mongo_url: str = Field(default="mongodb://127.0.0.1:27017/?directConnection=true", repr=False)
    """A replica set, of one node at least: no other has transactions. With a name and a password in
    it, it is a secret, too. In production on another machine."""
    mongo_database: str | None = None
    """The name of the service, if not set."""
    mongo_driver: Literal["motor", "pymongo"] = "motor"
    """Motor, or PyMongo's own asynchronous client."""
    http_host: str = "127.0.0.1"
    """The address the API listens at: in a container `0.0.0.0`."""
    http_port: Port = 8100
    """Where the API listens: see above."""
    http_keep_alive_seconds: Annotated[int, Field(ge=1, le=3_600)] = 5
    """How long an idle connection is kept. Behind a proxy longer than the proxy keeps it: else the
    proxy sends a request now and then on one that is being closed, and its client is answered
    502."""
    trusted_proxies: str | None = None
    """The addresses or networks of the proxies before the API, with commas between: their
    `X-Forwarded-For` says who sends. Without it all who come through one proxy share what one
    address may send."""
    management_host: str = "127.0.0.1"
    """The address health and metrics listen at: in a container `0.0.0.0`. Never open to others."""
    management_port: Port = 9100
    """Where they listen: see above. The image's own health check needs it set."""
    auth_issuer: str = DEVELOPMENT_ISSUER
    """The issuer of staff's tokens, as in their `iss`. In production not the one of development."""
    auth_audience: str = "clinic"
    """Whom the tokens are for, as in their `aud`."""
    auth_jwks_url: str
    """The issuer's keys. In production an https URL, on another machine."""
    sealing_keys: SecretStr
    """The ring of keys that contact cards and survey secrets are sealed with, the same for all
    services: `clinicctl sealing-keys` makes one. In production not one of an example."""
    public_requests_per_minute: Annotated[int, Field(ge=1)] = 120
    """From one address to each process, for operations that need no token. More are answered 429:
    see `…_TRUSTED_PROXIES`."""
    otlp_traces_endpoint: str | None = None
    """Where spans are sent to by OTLP over HTTP: `https://collector.example.org/v1/traces`. Without
    it none are recorded."""
    traced_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of requests that are traced, where nobody has decided before."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""
    failpoint: str = Field(default="", validation_alias="CLINIC_FAILPOINT", repr=False)
    """A moment at which the process ends itself. Refused outside of tests."""

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

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_have_addresses(cls, proxies: str | None) -> str | None:
        """Not all addresses there are: then anybody could say that he is somebody else."""
        given = [one.strip() for one in (proxies or "").split(",")]
        try:
            networks = [ip_network(one) for one in given if one]
        except ValueError:
            raise ValueError("It is not addresses or networks, with commas between.") from None
        if not all(network.prefixlen for network in networks):
            raise ValueError("All addresses there are cannot be trusted.")
        return ",".join(map(str, networks)) or None

    @field_validator("failpoint")
    @classmethod
    def _failpoint_is_known(cls, text: str) -> str:
        try:
            failpoints.parse(text)
        except ValueError:
            raise ValueError("It is not a failpoint.") from None
        return text

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
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


def _is_weak(ring: str) -> bool:
    return any(len(set(b64decode(key))) < FEWEST_BYTES for key in json.loads(ring).values())
