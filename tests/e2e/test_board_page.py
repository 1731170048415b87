"""A screen on the wall: the real page in a real browser against the real service."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from clinic_ctl.stack.ports import free
from clinic_sessions.domain.facts import DosingStopped
from tests.support.browser import a_page
from tests.support.sessions import TOMORROW
from tests.support.sessions_board import PLACE, Door, Service, a_door, a_service, dosing

TABLET = ViewportSize(width=1024, height=768)
PHONE = ViewportSize(width=320, height=640)
# What a browser logs about a service that is not there; it is part of what is tried here.
AWAY = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "401", "404")

pytestmark = pytest.mark.browser


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


@pytest.fixture
async def door(service: Service) -> AsyncIterator[Door]:
    async with a_door(service) as door:
        yield door


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A tablet; whatever the browser complains about fails the test."""
    async with a_page(browser, TABLET, expected=AWAY) as page:
        yield page


def link(address: str, token: str = f"nurse:ada@{PLACE}") -> str:
    return f"{address}/board#location={PLACE}&token={token}"


async def a_busy_day(service: Service) -> None:
    """One is dosed and has an alarm, one is expected."""
    first = await service.does(await service.booked(1), *dosing(TOMORROW))
    await service.booked(2)
    service.clock.move_to(TOMORROW + timedelta(minutes=18))
    await service.reads(first, 1, systolic=172, diastolic=104, heart_rate=88)
    await service.expects(first, minutes=2)
    await service.alarms(first, "caution")


async def what_is_heard(page: Page) -> Callable[[], Awaitable[list[str]]]:
    """All that is put into the live region from now on. Words that change nothing in the document
    are not heard."""
    await page.evaluate("""() => {
        window.heard = [];
        const listen = (changes) => changes.forEach(({ addedNodes }) =>
            addedNodes.forEach((node) => window.heard.push(node.textContent)));
        const spoken = document.getElementById("spoken");
        new MutationObserver(listen).observe(spoken, { childList: true });
    }""")

    async def heard() -> list[str]:
        words: list[str] = await page.evaluate("window.heard")
        return words

    return heard


async def shows_itself(page: Page, name: str) -> None:
    """A picture for who wants to look: SHOTS names the folder."""
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


async def test_a_session_is_shown_and_moves_as_it_does(
    service: Service, door: Door, page: Page
) -> None:
    session = await service.booked()
    await page.goto(link(door.address))
    await expect(page.locator("#state-text")).to_have_text("Live")
    card = page.locator(".card")
    await expect(card.locator("h3")).to_have_text("Chair 1")
    await expect(card.locator(".stage")).to_have_text("Expected")
    assert "token" not in page.url
    session = await service.does(session, *dosing(TOMORROW))
    await expect(card.locator(".stage")).to_have_text("Dosing")
    await expect(card.locator(".due")).to_have_text("Next reading 09:10, in 10 min")
    await service.reads(session, 1, systolic=131, diastolic=79)
    await expect(card.locator(".values")).to_contain_text("131/79")
    await service.alarms(session)
    await expect(page.get_by_role("alert")).to_have_text("Chair 1: Pause, systolic high.")
    await expect(page.get_by_role("heading", name="1 open alarm")).to_be_visible()
    await service.does(session, DosingStopped(TOMORROW))
    await expect(card.locator(".stage")).to_have_text("Recovery")


async def test_an_alarm_that_is_raised_again_at_its_level_is_spoken_again(
    service: Service, door: Door, page: Page
) -> None:
    session = await service.does(await service.booked(1), *dosing(TOMORROW))
    other = await service.does(await service.booked(2), *dosing(TOMORROW))
    await page.goto(link(door.address))
    await expect(page.locator(".card")).to_have_count(2)
    heard = await what_is_heard(page)
    await service.alarms(other, number=2)
    await expect(page.locator("button.alarm")).to_have_count(1)
    await service.alarms(session)
    await expect(page.locator("button.alarm")).to_have_count(2)
    mine = page.locator("#alarm-alm_1")
    await service.acknowledges(session)
    await expect(mine).to_contain_text(", acknowledged")
    service.clock.move_to(TOMORROW + timedelta(minutes=3))
    await service.raises_again(session)
    await expect(mine).to_contain_text("not acknowledged")
    first, again = "Chair 2: Pause, systolic high.", "Chair 1: Pause, systolic high."
    assert await heard() == [first, again, again]
    await service.closes(session)
    await expect(mine).to_have_count(0)
    await service.alarms(session, number=3)
    await expect(page.locator("#alarm-alm_3")).to_be_visible()
    assert await heard() == [first, again, again, again]


async def test_a_visit_that_overruns_shows_by_how_many_minutes(
    service: Service, door: Door, page: Page
) -> None:
    session = await service.does(await service.booked(1), *dosing(TOMORROW))
    await service.booked(2)
    ends_at = session.booked_visit.ends_at
    service.clock.move_to(ends_at - timedelta(minutes=1))
    await page.goto(link(door.address))
    await expect(page.locator(".card")).to_have_count(2)
    await expect(page.locator(".overrun")).to_have_count(0)
    service.clock.move_to(ends_at + timedelta(minutes=12))
    await page.goto(link(door.address))
    card = page.locator(f"#card-{session.id}")
    await expect(card.locator(".overrun")).to_have_text("Overruns by 12 min was to end 11:00")
    await expect(page.locator(".overrun")).to_have_count(1)
    await shows_itself(page, "board-overruns")


async def test_nobody_is_named(service: Service, door: Door, page: Page) -> None:
    await a_busy_day(service)
    await page.goto(link(door.address))
    await expect(page.locator(".card")).to_have_count(2)
    assert "pat_" not in await page.content()


async def test_a_screen_outlives_the_service_and_never_looks_live_meanwhile(
    service: Service, page: Page
) -> None:
    session, port = await service.booked(), free(0)
    async with a_door(service, port=port) as door:
        await page.goto(link(door.address))
        await expect(page.locator("#state-text")).to_have_text("Live")
    await expect(page.locator("#state-text")).to_contain_text("Stale since 09:00")
    await service.arrives(session)
    await expect(page.locator(".stage")).to_have_text("Expected")
    async with a_door(service, port=port):
        await expect(page.locator("#state-text")).to_have_text("Live", timeout=15_000)
        await expect(page.locator(".stage")).to_have_text("Preparation")


async def test_a_login_that_is_refused_is_asked_for_again(door: Door, page: Page) -> None:
    await page.goto(link(door.address, token="nobody"))
    await expect(page.locator("#asking-why")).to_contain_text("The login has run out.")
    await expect(page.locator("#asking-title")).to_be_focused()
    await page.get_by_label("Token").fill(f"nurse:ada@{PLACE}")
    await page.keyboard.press("Enter")
    await expect(page.locator("#state-text")).to_have_text("Live")
    await expect(page.locator("#empty")).to_be_visible()


async def test_the_token_is_kept_nowhere(door: Door, page: Page) -> None:
    await page.goto(link(door.address))
    await expect(page.locator("#state-text")).to_have_text("Live")
    kept = "localStorage.length + sessionStorage.length + document.cookie.length"
    assert await page.evaluate(kept) == 0
    assert "nurse:ada" not in await page.content()
    assert page.url == f"{door.address}/board"


@pytest.mark.parametrize("width", [320, 512, 1024], ids=["phone", "tablet at 200 %", "tablet"])
async def test_nothing_sticks_out_and_fingers_find_what_can_be_touched(
    service: Service, door: Door, page: Page, width: int
) -> None:
    await a_busy_day(service)
    await page.set_viewport_size(ViewportSize(width=width, height=640))
    await page.goto(link(door.address))
    await expect(page.locator(".card")).to_have_count(2)
    await shows_itself(page, f"board-{width}")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    heights = await page.evaluate(
        "Array.from(document.querySelectorAll('button.alarm'), (b) => b.offsetHeight)"
    )
    assert min(heights) >= 48


async def test_an_alarm_is_shown_by_words_and_shape_and_leads_to_its_chair_by_keyboard(
    service: Service, door: Door, page: Page
) -> None:
    await a_busy_day(service)
    await page.goto(link(door.address))
    alarm = page.get_by_role("button", name="Chair 1: Caution – systolic high")
    await expect(alarm).to_contain_text("▲")
    await page.keyboard.press("Tab")
    await expect(alarm).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#card-ses_1")).to_be_focused()


async def test_the_page_lets_only_its_own_code_run(door: Door, page: Page) -> None:
    response = await page.goto(f"{door.address}/board")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
