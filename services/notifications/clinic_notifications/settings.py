"""This service's knobs, from the environment: NOTIFICATIONS_…"""

from collections.abc import Iterator

from pydantic import PositiveFloat, SecretStr
from pydantic_settings import SettingsConfigDict

from clinic_platform.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    http_port: Port = 8103
    management_port: Port = 9103
    smtp_host: str = "127.0.0.1"
    """The mail server that letters are handed to."""
    smtp_port: Port = 1025
    """Its port."""
    smtp_starttls: bool = False
    """Whether letters leave over TLS, to a server that an authority known to this machine vouches
    for, or one in the file that `SSL_CERT_FILE` names. In production they must."""
    smtp_username: str | None = None
    """Where the mail server asks who is there."""
    smtp_password: SecretStr | None = None
    """With the name."""
    letters_a_second: PositiveFloat = 20
    """At most so many from each worker: a clinic default, less than a small mail server takes from
    one client."""
    survey_base_url: str = "http://127.0.0.1:8104"
    """Where patients open the survey page: outcomes, as seen from outside. In production an https
    URL."""
    alerts_base_url: str = "http://127.0.0.1:8104/v1/risk-alerts"
    """Where staff open an alert: the one on call gets this address with the alert's id behind it.
    In production an https URL."""

    def _unfit(self) -> Iterator[tuple[str, str]]:
        yield from super()._unfit()
        if not self.smtp_starttls:
            yield "smtp_starttls", "In production letters leave over TLS."
        for name in ("survey_base_url", "alerts_base_url"):
            if not getattr(self, name).startswith("https://"):
                yield name, "In production it is an https URL."
