"""This service's knobs, from the environment: SESSIONS_…"""

from pydantic_settings import SettingsConfigDict

from clinic_platform.settings import Port, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SESSIONS_", frozen=True)

    http_port: Port = 8102
    management_port: Port = 9102
