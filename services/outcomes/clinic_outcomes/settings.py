"""This service's knobs, from the environment: OUTCOMES_…"""

from pydantic_settings import SettingsConfigDict

from clinic_platform.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="OUTCOMES_", frozen=True)

    http_port: Port = 8104
    management_port: Port = 9104
