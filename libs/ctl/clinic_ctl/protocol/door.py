"""The sessions service's API for rehearsals, the request sent once; a refusal is raised."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from clinic_platform.ids import new_id

ANSWER_WITHIN: Final = 60.0  # seconds: as long as a transaction may take
REFUSED: Final = range(400, 500)


class RehearsalRefused(Exception):
    """The service refused. `details`: its reasons, each in a line."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "No reason given."))
        self.details = [f"{e['pointer']}: {e['message']}" for e in problem.get("errors", ())]


def rehearse(url: str, token: str, draft: Mapping[str, object], *, days: int) -> dict[str, Any]:
    """Raises RehearsalRefused, and httpx.HTTPError when there is no answer."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": new_id("idk")}
    body = {"draft": draft, "since_days": days}
    with httpx.Client(timeout=ANSWER_WITHIN, trust_env=False) as client:
        path = f"{url.rstrip('/')}/v1/protocols/rehearsals"
        answer = client.post(path, json=body, headers=headers)
    if answer.status_code in REFUSED:
        raise RehearsalRefused(answer.json())
    found: dict[str, Any] = answer.raise_for_status().json()
    return found
