"""A patient answers on a phone: the real page in a real browser against the real service."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from tests.support.browser import a_page
from tests.support.eventually import eventually
from tests.support.outcomes.server import Service, a_service, served

PHONE = ViewportSize(width=320, height=640)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


@pytest.fixture(scope="module")
async def address(service: Service) -> AsyncIterator[str]:
    async with served(service.app) as address:
        yield address


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A phone of the smallest width; whatever the browser complains about fails the test."""
    async with a_page(browser, PHONE, expected=["404"]) as page:
        yield page


async def choose(page: Page, item: int, text: str) -> None:
    await page.locator(f"#item-{item}").get_by_label(text, exact=True).check()


async def answer_all(page: Page, *, last: str = "Not at all") -> None:
    for item in range(1, 9):
        await choose(page, item, "Several days")
    await choose(page, 9, last)


async def cut_off(page: Page) -> Callable[[Page], None]:
    """No save arrives any more, until what is returned is called."""
    arrives = False

    async def carry(route: Route) -> None:
        is_save = route.request.method == "PUT"
        await (route.abort() if is_save and not arrives else route.continue_())

    def restore(_: Page) -> None:
        nonlocal arrives
        arrives = True

    await page.route("**/v1/survey-sessions/current", carry)
    return restore


async def test_a_patient_answers_with_nothing_but_the_link(
    service: Service, address: str, page: Page
) -> None:
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:calm')}")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await answer_all(page)
    await page.get_by_role("button", name="Send answers").click()
    await expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
    assert "#" not in page.url
    assert await service.alerts() == []


async def test_nothing_sticks_out_at_the_width_of_the_smallest_phone(
    service: Service, address: str, page: Page
) -> None:
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:narrow')}")
    await expect(page.locator("fieldset")).to_have_count(10)
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    heights = await page.evaluate(
        "Array.from(document.querySelectorAll('.choice'), (c) => c.offsetHeight)"
    )
    assert min(heights) >= 44


async def test_an_answer_about_self_harm_shows_the_crisis_words_and_raises_an_alert(
    service: Service, address: str, page: Page
) -> None:
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:danger')}")
    await answer_all(page, last="Several days")
    await expect(page.get_by_role("alert").filter(has_text="988")).to_be_visible()
    await page.get_by_role("button", name="Send answers").click()
    heading = page.get_by_role("heading", name="You do not have to wait for us.")
    await expect(heading).to_be_focused()
    await expect(page.get_by_role("link", name="Call 988")).to_have_attribute("href", "tel:988")
    [alert] = await service.alerts()
    assert (alert["status"], alert["level"]) == ("open", "unassessed")
    assert [e["source"] for e in await service.published("outcomes.risk_raised.v1")] == ["phq-9/9"]


async def test_a_begun_survey_is_there_when_the_link_is_opened_again(
    service: Service, address: str, page: Page
) -> None:
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:later')}")
    await choose(page, 2, "Nearly every day")
    await expect(page.locator("#saved")).to_have_text("Saved")
    await page.reload()
    chosen = page.locator("#item-2").get_by_label("Nearly every day")
    await expect(chosen).to_be_checked()
    await expect(page.locator("#progress")).to_have_text("1 of 10 answered")


async def test_an_answer_is_not_lost_when_the_page_is_loaded_again_before_it_has_arrived(
    service: Service, address: str, browser: Browser
) -> None:
    async with a_page(browser, PHONE, expected=["net::ERR_FAILED"]) as page:
        await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:at-once')}")
        page.once("domcontentloaded", await cut_off(page))
        await choose(page, 3, "Nearly every day")
        await page.reload()
        await expect(page.locator("#item-3").get_by_label("Nearly every day")).to_be_checked()
        await expect(page.locator("#saved")).to_have_text("Saved")
        assert await page.evaluate("sessionStorage.length") == 0


async def test_an_answer_given_just_before_the_page_is_left_still_arrives(
    service: Service, address: str, page: Page
) -> None:
    await page.clock.install()
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:left')}")
    await page.clock.pause_at(service.kit.clock() + timedelta(minutes=1))
    await choose(page, 5, "Several days")
    await expect(page.locator("#saved")).to_have_text("Saving…")
    await page.goto("about:blank")
    assert await eventually(lambda: service.draft("survey:ses_1:left")) == {"5": 1}


async def test_questions_left_out_are_named_and_may_stay_so(
    service: Service, address: str, page: Page
) -> None:
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:gap')}")
    await choose(page, 1, "Not at all")
    await page.get_by_role("button", name="Send answers").click()
    left_out = page.get_by_role("alert").filter(has_text="8 questions are not answered.")
    await expect(left_out).to_be_focused()
    await page.get_by_role("button", name="Send without them").click()
    await expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()


async def test_the_whole_survey_can_be_answered_by_keyboard(
    service: Service, address: str, page: Page
) -> None:
    secret = await service.survey_link("mood-nrs", key="survey:ses_1:keys")
    await page.goto(f"{address}/s#{secret}")
    await expect(page.get_by_role("group")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    for _ in range(6):
        await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("radio", name="6")).to_be_checked()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()


async def test_a_used_link_and_an_invented_one_look_the_same(
    service: Service, address: str, page: Page
) -> None:
    secret = await service.survey_link("mood-nrs", key="survey:ses_1:used")
    await page.goto(f"{address}/s#{secret}")
    await page.get_by_role("radio", name="7").check()
    await page.get_by_role("button", name="Send answers").click()
    await expect(page.get_by_role("heading", name="Thank you.")).to_be_visible()
    for link in (secret, "x" * 43):
        await page.goto("about:blank")
        await page.goto(f"{address}/s#{link}")
        nothing = page.get_by_role("heading", name="There is nothing to answer here.")
        await expect(nothing).to_be_visible()


async def test_the_page_says_nothing_clinical_before_the_link_is_checked(
    address: str, page: Page
) -> None:
    response = await page.goto(f"{address}/s")
    assert response is not None
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "unsafe-inline" not in response.headers["content-security-policy"]
    assert await page.title() == "A few questions for you"
    text = (await page.content()).lower()
    assert not any(word in text for word in ("ketamine", "depress", "phq", "infusion"))


async def test_an_answer_given_while_leaving_the_page_is_kept(
    service: Service, address: str, page: Page
) -> None:
    await page.goto(f"{address}/s#{await service.survey_link(key='survey:ses_1:leaving')}")
    await choose(page, 3, "Several days")
    await page.goto("about:blank")

    async def kept() -> bool:
        found = await service.kit.database.collection("assignments").find_one({"draft.3": 1})
        return found is not None

    await eventually(kept)
