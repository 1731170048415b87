"""How the broker is reached: the settings, and what its driver is told."""

from collections.abc import Iterator
from typing import Literal

from aiokafka.helpers import create_ssl_context
from pydantic import FilePath, SecretStr

from clinic_platform.environment import FromEnvironment


class BrokerSettings(FromEnvironment):
    """`KAFKA_…`; with the prefix of a service, that service's."""

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    """Hosts and ports, with commas between. In production on other machines."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How the brokers are spoken to."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the service says who it is, with a protocol of SASL."""
    kafka_sasl_username: str | None = None
    """For SASL."""
    kafka_sasl_password: SecretStr | None = None
    """For SASL."""
    kafka_ca_file: FilePath | None = None
    """The authority that the brokers' certificates are checked by, with a protocol of SSL; the
    machine's own, if not set."""
    kafka_certificate_file: FilePath | None = None
    """The service's own certificate, where brokers ask for one."""
    kafka_key_file: FilePath | None = None
    """Its key."""
    kafka_instance: str | None = None
    """For a process that always comes back under this name, and never twice at once: it takes its
    partitions up again at once, where a nameless one is waited for until its session ends."""

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
        if self.kafka_security_protocol.startswith("SASL"):
            for name in ("kafka_sasl_username", "kafka_sasl_password"):
                if not getattr(self, name):
                    yield name, "With a protocol of SASL it is required."
        try:
            kafka_security(self)
        except OSError:
            yield "kafka_ca_file", "It, or the certificate or its key, cannot be used."


def kafka_security(settings: BrokerSettings) -> dict[str, object]:
    """The settings of the broker's driver for reaching it safely. OSError where a file is not a
    certificate or a key, or does not fit the other."""
    security: dict[str, object] = {"security_protocol": settings.kafka_security_protocol}
    if settings.kafka_security_protocol.endswith("SSL"):
        security["ssl_context"] = create_ssl_context(
            cafile=settings.kafka_ca_file,
            certfile=settings.kafka_certificate_file,
            keyfile=settings.kafka_key_file,
        )
    password = settings.kafka_sasl_password
    if settings.kafka_security_protocol.startswith("SASL") and password is not None:
        security |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": password.get_secret_value(),
        }
    return security
