"""What is known of people and places, in MongoDB."""

from datetime import date, time
from typing import Final, Self

from clinic_events.ports import Collection, Database, Document
from clinic_notifications.domain.consents import Consent
from clinic_notifications.domain.errors import Conflict
from clinic_notifications.domain.people import Card, Location, Survey
from clinic_notifications.domain.preferences import Preferences, PreferencesSet
from clinic_notifications.domain.quiet_hours import QuietHours
from clinic_notifications.domain.rota import Duty

LOCATION: Final = (
    "version",
    "name",
    "zone",
    "language",
    "sender_name",
    "sender_email",
    "phone",
    "on_call_email",
    "crisis_text",
    "crisis_phone",
)


async def _keep_if_newer(rows: Collection, document: Document) -> bool:
    known = await rows.find_one({"_id": document["_id"]})
    if known is not None and known["version"] >= document["version"]:
        return False
    await rows.replace_one({"_id": document["_id"]}, document, upsert=True)
    return True


class MongoPeople:
    """The port `People`, in the collection `people`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("people")

    async def find(self, patient_id: str) -> Card | None:
        row = await self._rows.find_one({"_id": patient_id})
        if row is None:
            return None
        return Card(
            patient_id=row["_id"],
            location_id=row["location_id"],
            version=row["version"],
            sealed=row["sealed"],
        )

    async def keep(self, card: Card) -> bool:
        document = {
            "_id": card.patient_id,
            "location_id": card.location_id,
            "version": card.version,
            "sealed": card.sealed,
        }
        known = await self.find(card.patient_id)
        if known is not None and known.is_erased:
            return False
        return await _keep_if_newer(self._rows, document)

    async def erase(self, patient_id: str, location_id: str) -> None:
        # In the row of the card itself, so that a card that comes at the same moment meets it.
        known = await self.find(patient_id)
        document = {
            "_id": patient_id,
            "location_id": location_id or (known.location_id if known else ""),
            "version": known.version if known else 0,
            "sealed": None,
        }
        await self._rows.replace_one({"_id": patient_id}, document, upsert=True)


class MongoLocations:
    """The port `Locations`, in the collection `locations`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("locations")

    async def find(self, location_id: str) -> Location | None:
        row = await self._rows.find_one({"_id": location_id})
        if row is None:
            return None
        quiet = QuietHours.parse(row["quiet_from"], row["quiet_until"])
        known = {name: row[name] for name in LOCATION}
        rota = tuple(map(_duty, row.get("rota", ())))  # kept before there was one: none
        return Location(id=row["_id"], quiet_hours=quiet, rota=rota, **known)

    async def keep(self, location: Location) -> bool:
        document = {
            "_id": location.id,
            "quiet_from": _text(location.quiet_hours.starts),
            "quiet_until": _text(location.quiet_hours.ends),
            "rota": [_duty_document(duty) for duty in location.rota],
            **{name: getattr(location, name) for name in LOCATION},
        }
        return await _keep_if_newer(self._rows, document)


class MongoConsents:
    """The port `Consents`, in the collection `consents`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("consents")

    @classmethod
    async def open_in(cls, database: Database) -> Self:
        """With its indexes made."""
        store = cls(database)
        await store._rows.create_index([("patient_id", 1)])
        return store

    async def find(self, consent_id: str) -> Consent | None:
        row = await self._rows.find_one({"_id": consent_id})
        return None if row is None else _consent(row)

    async def of_patient(self, patient_id: str) -> list[Consent]:
        rows = await self._rows.find({"patient_id": patient_id}, sort=[("_id", 1)])
        return [_consent(row) for row in rows]

    async def keep(self, consent: Consent) -> None:
        document = {
            "_id": consent.id,
            "patient_id": consent.patient_id,
            "given_at": consent.given_at,
            "expires_at": consent.expires_at,
            "withdrawn_at": consent.withdrawn_at,
        }
        await self._rows.replace_one({"_id": consent.id}, document, upsert=True)


class MongoSurveys:
    """The port `Surveys`, in the collection `surveys`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("surveys")

    async def find(self, assignment_id: str) -> Survey | None:
        row = await self._rows.find_one({"_id": assignment_id})
        if row is None:
            return None
        return Survey(
            assignment_id=row["_id"],
            patient_id=row["patient_id"],
            version=row["version"],
            sealed_secret=row["sealed_secret"],
            is_open=row["is_open"],
        )

    async def keep(self, survey: Survey) -> None:
        document = {
            "_id": survey.assignment_id,
            "patient_id": survey.patient_id,
            "version": survey.version,
            "sealed_secret": survey.sealed_secret,
            "is_open": survey.is_open,
        }
        await self._rows.replace_one({"_id": survey.assignment_id}, document, upsert=True)


class MongoPreferences:
    """The port `PreferenceBook`, in the collection `preferences`."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("preferences")

    async def find(self, patient_id: str) -> Preferences | None:
        row = await self._rows.find_one({"_id": patient_id})
        if row is None:
            return None
        return Preferences(
            patient_id=row["_id"],
            location_id=row["location_id"],
            choices={(c["category"], c["channel"]): c["wanted"] for c in row["choices"]},
            opted_out=row["opted_out"],
            revision=row["revision"],
        )

    async def record(self, preferences: Preferences, fact: PreferencesSet) -> Preferences:
        after = preferences.after(fact)
        document = {
            "_id": after.patient_id,
            "patient_id": after.patient_id,
            "location_id": after.location_id,
            "choices": [
                {"category": category, "channel": channel, "wanted": wanted}
                for (category, channel), wanted in after.choices.items()
            ],
            "opted_out": after.opted_out,
            "set_at": fact.at,
            "revision": after.revision,
        }
        if preferences.revision == 0:
            await self._rows.insert_one(document)
        elif not await self._rows.replace_one(
            {"_id": after.patient_id, "revision": preferences.revision}, document
        ):
            raise Conflict
        return after

    async def forget(self, patient_id: str) -> None:
        await self._rows.delete_one({"_id": patient_id})


def _consent(row: Document) -> Consent:
    return Consent(
        id=row["_id"],
        patient_id=row["patient_id"],
        given_at=row["given_at"],
        expires_at=row["expires_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def _duty(row: Document) -> Duty:
    return Duty(
        email=row["email"],
        weekday=row["weekday"],
        starts=time.fromisoformat(row["starts"]),
        ends=time.fromisoformat(row["ends"]),
        away=tuple(
            (date.fromisoformat(first), date.fromisoformat(last)) for first, last in row["away"]
        ),
        role=row.get("role"),  # kept before there was one: none
    )


def _duty_document(duty: Duty) -> Document:
    return {
        "email": duty.email,
        "weekday": duty.weekday,
        "starts": _text(duty.starts),
        "ends": _text(duty.ends),
        "away": [[first.isoformat(), last.isoformat()] for first, last in duty.away],
        "role": duty.role,
    }


def _text(of_day: time) -> str:
    return of_day.isoformat("minutes")
