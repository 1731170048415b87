"""This service's knobs, from the environment: INTAKE_…"""

from pydantic_settings import SettingsConfigDict

from clinic_platform.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    http_port: int = 8101
    management_port: int = 9101
