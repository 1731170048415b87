"""The sessions service's API for locations, each request sent once; a refusal is raised."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from clinic_platform.ids import new_id

ANSWER_WITHIN: Final = 30.0  # seconds
REFUSED: Final = range(400, 500)
CHANGED: Final[Mapping[str, str]] = {
    "change": "The location, or the document, is not what was planned.",
    "bookings": "The bookings it touches are not those that were planned.",
}


class Refused(Exception):
    """The service refused. `details`: its reasons, each in a line."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "No reason given."))
        self.code = str(problem.get("code", "refused"))
        errors = [f"{e['pointer']}: {e['message']}" for e in problem.get("errors", ())]
        kinds = [str(conflict["kind"]) for conflict in problem.get("conflicts", ())]
        conflicts = [CHANGED.get(kind, kind) for kind in kinds]
        self.details = [*errors, *conflicts]


class LocationDoor:
    """Of one location. Raises Refused, and httpx.HTTPError when there is no answer."""

    def __init__(self, url: str, location_id: str, token: str) -> None:
        self._changes = f"{url.rstrip('/')}/v1/locations/{location_id}/changes"
        self._token = token

    def plan(self, document: Mapping[str, Any]) -> Any:
        return self._post(self._changes, document)

    def apply(self, document: Mapping[str, Any], fingerprint: str) -> Any:
        change = {"document": document, "fingerprint": fingerprint}
        return self._post(f"{self._changes}/apply", change)

    def _post(self, url: str, body: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": new_id("idk")}
        with httpx.Client(timeout=ANSWER_WITHIN, trust_env=False) as client:
            answer = client.post(url, json=body, headers=headers)
        if answer.status_code in REFUSED:
            raise Refused(answer.json())
        return answer.raise_for_status().json()
