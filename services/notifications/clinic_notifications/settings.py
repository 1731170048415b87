"""This service's knobs, from the environment: NOTIFICATIONS_…"""

from collections.abc import Iterator

from pydantic import PositiveFloat, SecretStr
from pydantic_settings import SettingsConfigDict

from clinic_platform.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    """`letters_a_second` is a clinic default: less than a small mail server takes from one client.
    `survey_base_url` is where the survey page is served, `alerts_base_url` where staff open an
    alert: the one on call gets that address with the alert's id behind it."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    http_port: Port = 8103
    management_port: Port = 9103
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 1025
    smtp_starttls: bool = False
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    letters_a_second: PositiveFloat = 20
    survey_base_url: str = "http://127.0.0.1:8104"
    alerts_base_url: str = "http://127.0.0.1:8104/v1/risk-alerts"

    def _unfit(self) -> Iterator[tuple[str, str]]:
        yield from super()._unfit()
        if not self.smtp_starttls:
            yield "smtp_starttls", "In production letters leave over TLS."
        for name in ("survey_base_url", "alerts_base_url"):
            if not getattr(self, name).startswith("https://"):
                yield name, "In production it is an https URL."
