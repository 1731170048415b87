"""What is measured at the bedside."""

from clinic_platform.auth import Caller
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.handlers.tools import Tools


class TakingReadings(Tools):
    async def take_reading(self, by: Caller, reading: Reading) -> bool:
        """False when it was taken in before. Readings are welcome as long as there is a patient."""
        session = await self.reached_session(by, reading.session_id)
        session.check({})  # refuses with the statuses in which somebody is here
        return await self.readings.add(reading)

    async def list_readings(self, by: Caller, session_id: str) -> list[Reading]:
        session = await self.reached_session(by, session_id)
        return await self.readings.of_session(session.id)
