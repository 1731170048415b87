"""A plainly invented patient's visit, and its events on the topics."""

import json
from datetime import timedelta
from typing import Final, TypeVar

from clinic_ctl.stack.kept import sealing_keys
from clinic_events import ContactCardSealed, LocationPublished, SessionCompleted, SessionVoided
from clinic_events.envelope import Event
from clinic_events.ports import Message
from clinic_events.testing import example, message_of
from clinic_platform.clock import utc_now
from clinic_platform.sealing import KeyRing
from tests.chaos.members import Ground, a_name

EMAIL: Final = "testa.sample@example.org"
LETTERS: Final = {
    "safety-ping",
    "journal-1",
    "integration-invitation",
    "journal-2",
    "journal-3",
    "practice",
}
SURVEYS: Final = {"mood-24h", "mood-72h", "weekly"}
# After a visit that ended a day ago one survey is open, and the others are yet to come.
A_DAY: Final = timedelta(hours=25)
# It was due four hours after a visit, and is of use for two more.
PING_IS_DUE: Final = timedelta(hours=5)

E = TypeVar("E", bound=Event)


class Visit:
    """One session that ended a while ago. Each version is one event, however often published."""

    def __init__(self, *, ended: timedelta) -> None:
        self.session, self.patient, self.place = a_name("ses"), a_name("pat"), a_name("loc")
        self._ended_at = utc_now() - ended

    def completed(self, version: int = 1) -> Message:
        return self._message(SessionCompleted, version, completed_at=self._ended_at)

    def voided(self, version: int = 2) -> Message:
        return self._message(SessionVoided, version)

    def place_described(self) -> Message:
        described = example(
            LocationPublished,
            location_id=self.place,
            zone="Europe/Berlin",
            language="en",
            sender_email="hello@example.org",
            on_call_email="on-call@example.org",
            quiet_hours={"starts": "20:00", "ends": "08:00"},
        )
        return message_of(described, event_id=f"evt_{self.place}")

    def card(self, ground: Ground) -> Message:
        keys = KeyRing.parse(sealing_keys(ground.stack.folder))
        opened = {"name": "Testa", "email": EMAIL, "zone": "Europe/Berlin", "language": "en"}
        card = example(
            ContactCardSealed,
            patient_id=self.patient,
            location_id=self.place,
            sealed=keys.seal(json.dumps(opened).encode(), about=self.patient),
        )
        return message_of(card, event_id=f"evt_card_{self.patient}")

    def _message(self, contract: type[E], version: int, **fields: object) -> Message:
        event = example(
            contract,
            session_id=self.session,
            patient_id=self.patient,
            location_id=self.place,
            session_version=version,
            **fields,
        )
        return message_of(event, event_id=f"evt_{self.session}_{version}", sequence=version)
