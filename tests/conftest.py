"""Fixtures every suite shares: the real things, each started once and only if asked for."""

import gc
from collections.abc import AsyncIterator, Generator, Iterator
from subprocess import Popen
from typing import TYPE_CHECKING

import hypothesis
import pytest
import structlog
from ulid import ULID

from clinic_ctl.stack.stack import Stack
from clinic_ctl.stack.topics import provision
from clinic_platform.mongo import DriverName, Mongo
from tests.support.browser import chromium
from tests.support.databases import drop_borrowed
from tests.support.leftovers import end_with_me
from tests.support.stack import a_broker, a_clinic, a_database
from tests.support.stages import STAGES, Stages, turn_of

if TYPE_CHECKING:
    from playwright.async_api import Browser
    from xdist.remote import Producer

    from tests.support.sharing import ByStage


# The default renders every frame of a failure in colours: a third of a second for each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# How long an example takes to make says something about the machine, and nothing about the code.
hypothesis.settings.register_profile(
    "clinic", suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None
)
hypothesis.settings.load_profile("clinic")


WATCHER = pytest.StashKey[Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # next to nothing of what is made while tests are collected is garbage
    config.stash[WATCHER] = end_with_me()
    config.stash[STAGES] = Stages()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: turn_of(item.nodeid.split("::", 1)[0]))


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()  # else what was collected, and stays, is gone through again and again
    gc.enable()
    session.config.stash[STAGES].are_for(session.items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    yield
    if nextitem is None or nextitem.path != item.path:
        item.config.stash[STAGES].leave(item.path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "ByStage":
    from tests.support.sharing import ByStage  # needs xdist, which not everybody asks for

    return ByStage(config, log)


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_database(tmp_path_factory.mktemp("mongod")) as url:
        yield url
        drop_borrowed(url)


@pytest.fixture(scope="session")
async def kafka_bootstrap(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[str]:
    """A broker that has the product's topics."""
    broker = a_broker(tmp_path_factory.mktemp("kafka"))
    with pytestconfig.stash[STAGES].standing("kafka_bootstrap", broker) as bootstrap_servers:
        await provision(bootstrap_servers)
        yield bootstrap_servers


@pytest.fixture(scope="session")
def clinic(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Stack]:
    """The whole stack with its four services, in a folder and on ports of its own."""
    whole = a_clinic(tmp_path_factory.mktemp("clinic"))
    with pytestconfig.stash[STAGES].standing("clinic", whole) as stack:
        yield stack


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator["Browser"]:
    """Headless Chromium; a test that asks for it is skipped where there is none."""
    from playwright.async_api import async_playwright  # half a second, for those who ask

    executable = chromium()
    if executable is None:
        pytest.skip("There is no Chromium on this machine (or CHROMIUM to say where).")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        yield browser
        await browser.close()


@pytest.fixture(params=["motor", "pymongo"])
async def database(mongo_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Mongo]:
    """A database of its own, on each driver in turn."""
    driver: DriverName = request.param
    database = await Mongo.connect(mongo_url, database=f"test_{ULID()}", driver=driver)
    yield database
    await database.drop()
    await database.close()
