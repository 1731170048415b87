"""A browser for the tests of pages, where the machine has one."""

import os
import shutil
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, ViewportSize

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The path of Chromium; CHROMIUM in the environment names it, if not in a usual place."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@asynccontextmanager
async def a_page(
    browser: "Browser", viewport: "ViewportSize", *, expected: Collection[str]
) -> AsyncIterator["Page"]:
    """With touch. What the browser complains about fails the test, but for what has one of the
    `expected` words in it."""
    context = await browser.new_context(viewport=viewport, has_touch=True)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    yield page
    await context.close()
    assert [text for text in complaints if not any(word in text for word in expected)] == []
