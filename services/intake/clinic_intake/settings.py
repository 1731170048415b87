"""This service's knobs, from the environment: INTAKE_…"""

from pydantic_settings import SettingsConfigDict

from clinic_platform.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="INTAKE_", frozen=True)

    http_port: Port = 8101
    management_port: Port = 9101
