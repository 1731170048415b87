"""The four services as processes, configured by one environment that is built here."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clinic_ctl.stack.devtools import KEY_SET, is_serving
from clinic_ctl.stack.kept import sealing_keys
from clinic_ctl.stack.ports import LOOPBACK, free
from clinic_ctl.stack.processes import Process
from clinic_platform.settings import DEVELOPMENT_ISSUER

START_WITHIN: Final = 60


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service answers: the public, and those who run it."""

    http_port: int
    management_port: int

    @property
    def http(self) -> str:
        return f"http://{LOOPBACK}:{self.http_port}"

    @property
    def management(self) -> str:
        return f"http://{LOOPBACK}:{self.management_port}"

    def free(self) -> "Door":
        """These ports where nobody has them, else others."""
        return Door(free(self.http_port), free(self.management_port))


DOORS: Final[Mapping[str, Door]] = {
    "intake": Door(8101, 9101),
    "sessions": Door(8102, 9102),
    "notifications": Door(8103, 9103),
    "outcomes": Door(8104, 9104),
}
NAMES: Final = tuple(DOORS)
ANYWHERE: Final = Door(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the settings of every service of one stack are made of."""

    folder: Path
    kafka: str
    mongo: str
    devtools: str
    smtp_port: int
    outcomes: str
    keeps_names: bool = False  # whether the broker knows a member that comes back

    def environment(self, name: str, door: Door) -> dict[str, str]:
        environment = {
            "ENVIRONMENT": "sandbox",
            "MONGO_URL": self.mongo,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "HTTP_PORT": str(door.http_port),
            "MANAGEMENT_PORT": str(door.management_port),
            "AUTH_ISSUER": DEVELOPMENT_ISSUER,
            "AUTH_JWKS_URL": f"{self.devtools}{KEY_SET}",
            "SEALING_KEYS": sealing_keys(self.folder),
            **({"KAFKA_INSTANCE": name} if self.keeps_names else {}),
            **(self._letters() if name == "notifications" else {}),
        }
        prefix = name.upper()
        return {
            "CLINIC_SANDBOX": "1",
            **{f"{prefix}_{key}": environment[key] for key in environment},
        }

    def _letters(self) -> dict[str, str]:
        return {
            "SMTP_HOST": LOOPBACK,
            "SMTP_PORT": str(self.smtp_port),
            "LETTERS_A_SECOND": "500",  # the mail server is our own
            "SURVEY_BASE_URL": self.outcomes,
            "ALERTS_BASE_URL": f"{self.outcomes}/v1/risk-alerts",
        }


class Service:
    """One service in all its roles in one process, as the smallest clinic runs it."""

    def __init__(self, name: str, door: Door, around: Surroundings) -> None:
        self.door = door
        self._environment = around.environment(name, door)
        self.process = Process(
            name,
            [sys.executable, "-m", f"clinic_{name}", "all"],
            log=around.folder / f"{name}.log",
        )

    def start(self) -> None:
        """Return once it is ready to be sent work."""
        self.process.start(self._environment)
        ready = f"{self.door.management}/health/ready"
        self.process.wait_until(lambda: is_serving(ready), within=START_WITHIN)
