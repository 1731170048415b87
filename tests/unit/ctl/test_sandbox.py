"""Time moves from one due thing to the next, in all services together."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from clinic_ctl.commands.tools import duration
from clinic_ctl.sandbox import NotSettled, Sandbox

START = datetime(2030, 1, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Service:
    """Does what is due as soon as it is asked, as a service does soon after time has moved."""

    now: datetime = START
    due: list[datetime] = field(default_factory=list)
    kept_at: list[datetime] = field(default_factory=list)
    is_away: bool = False
    is_busy: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.is_away:
            raise httpx.ConnectError("Nobody answers.")
        if request.method == "PUT":
            to = datetime.fromisoformat(json.loads(request.content)["now"])
            if to < self.now:
                return httpx.Response(409)
            self.now = to
        return httpx.Response(200, json=self.state())

    def state(self) -> dict[str, object]:
        self.kept_at += [self.now for due in self.due if due <= self.now]
        self.due = [due for due in self.due if due > self.now]
        next_due = min(self.due).isoformat() if self.due else None
        return {
            "now": self.now.isoformat(),
            "promises": {"overdue": 0, "next_due_at": next_due},
            "events": {"outbox": 0, "lag": None if self.is_busy else 0, "parked": 0},
            "idle": not self.is_busy,
        }


@pytest.fixture
def services() -> dict[str, Service]:
    return {"sessions": Service(), "outcomes": Service()}


@pytest.fixture
async def sandbox(services: dict[str, Service]) -> AsyncIterator[Sandbox]:
    transport = httpx.MockTransport(lambda request: services[request.url.host].answer(request))
    async with httpx.AsyncClient(transport=transport) as client:
        yield Sandbox({name: f"http://{name}" for name in services}, client)


async def test_time_stops_wherever_something_is_due(
    sandbox: Sandbox, services: dict[str, Service]
) -> None:
    services["sessions"].due = [START + 3 * DAY]
    services["outcomes"].due = [START + DAY, START + 2 * DAY]
    await sandbox.advance(START + 10 * DAY)
    assert services["outcomes"].kept_at == [START + DAY, START + 2 * DAY]
    assert services["sessions"].kept_at == [START + 3 * DAY]
    assert {service.now for service in services.values()} == {START + 10 * DAY}


async def test_what_is_due_after_the_target_is_left_alone(
    sandbox: Sandbox, services: dict[str, Service]
) -> None:
    services["sessions"].due = [START + 3 * DAY]
    await sandbox.advance(START + DAY)
    assert services["sessions"].due == [START + 3 * DAY]
    assert services["sessions"].now == START + DAY


async def test_a_service_that_is_further_already_holds_nobody_up(
    sandbox: Sandbox, services: dict[str, Service]
) -> None:
    services["sessions"].now = START + timedelta(seconds=2)
    services["outcomes"].due = [START + timedelta(seconds=1)]
    await sandbox.advance(START + DAY)
    assert {service.now for service in services.values()} == {START + DAY}


async def test_a_target_that_has_passed_moves_nothing(
    sandbox: Sandbox, services: dict[str, Service]
) -> None:
    await sandbox.advance(START - DAY)
    assert {service.now for service in services.values()} == {START}


@pytest.mark.parametrize("trouble", ["is_away", "is_busy"])
async def test_a_service_that_never_becomes_quiet_is_named(
    trouble: str, sandbox: Sandbox, services: dict[str, Service]
) -> None:
    setattr(services["outcomes"], trouble, True)
    with pytest.raises(NotSettled, match=r"outcomes: .*(unknown|does not answer)") as refusal:
        await sandbox.settle(within=timedelta(seconds=0.2))
    assert "sessions" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", timedelta(days=30)),
        ("1d12h", timedelta(hours=36)),
        ("90m", timedelta(minutes=90)),
        ("10s", timedelta(seconds=10)),
    ],
)
def test_a_length_of_time_is_read(text: str, expected: timedelta) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1d x", "1.5h"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        duration(text)
