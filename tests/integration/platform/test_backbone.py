"""A whole process: it starts, answers, moves its clock, drains, or writes why it did not start."""

import gzip
import signal
import socket
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Self

import httpx
import pytest

from clinic_platform.mongo import Mongo
from tests.chaos import clocks
from tests.chaos.clocks import WallClock
from tests.support.things import SERVICE, Service


@pytest.fixture
async def service(mongo_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    service = Service(mongo_url, tmp_path)
    yield service
    database = await Mongo.connect(mongo_url, database=service.database)
    await database.drop()
    await database.close()


def test_it_answers_once_undoes_what_failed_and_ends_when_asked_to(service: Service) -> None:
    with service.running("all") as process:
        assert service.write("one", key="k-1").json() == {"written": 1}
        assert service.write("one", key="k-1").json() == {"written": 1}
        failed = service.write("explode", key="k-2")
        assert service.write("two", key="k-3").json() == {"written": 2}
        process.send_signal(signal.SIGTERM)
        assert process.wait(25) == 0

    assert failed.status_code == 500
    assert "Testa Sample" not in failed.text + service.log.read_text()
    assert service.events()[-2:] == ["service_stopping", "service_stopped"]


def test_the_collector_of_garbage_does_not_go_through_what_was_made_at_the_start(
    service: Service,
) -> None:
    with service.running("api"):
        look = service.look()

    assert look["set_apart"] > 10 * look["looked_at"] > 0


def test_a_moved_clock_stays_moved_over_a_restart(service: Service) -> None:
    future = "2040-01-01T00:00:00+00:00"
    with service.running("api"):
        url = service.management("/sandbox/clock")
        assert httpx.put(url, json={"now": future}).json()["now"] >= future
        assert httpx.put(url, json={"now": "2039-01-01T00:00:00Z"}).status_code == 409
        assert httpx.put(url, content=b"nonsense").status_code == 422
    with service.running("all"):
        state = httpx.get(service.management("/sandbox/state")).json()

    assert state["now"] >= future
    assert state["idle"] is True


def test_a_port_that_is_taken_ends_the_process(service: Service) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", service.http_port))
        taken.listen()
        assert service.start("api").wait(60) == 1
    assert service.events()[-1] == "process_crashed"
    assert f"The port {service.http_port} cannot be listened on." in service.log.read_text()


def test_settings_can_be_checked_without_starting(service: Service) -> None:
    service.environment["THINGS_HTTP_PROT"] = "8105"
    assert service.start("--check-config").wait(60) == 0
    assert '"setting":"THINGS_HTTP_PROT"' in service.log.read_text()
    service.environment["THINGS_ENVIRONMENT"] = "production"
    assert service.start("--check-config").wait(60) == 2
    assert "THINGS_MONGO_URL: " in service.log.read_text()


async def test_an_index_made_otherwise_is_named_and_refuses_the_start(
    service: Service, mongo_url: str
) -> None:
    database = await Mongo.connect(mongo_url, database=service.database)
    await database.collection("outbox").create_index([("bucket", 1), ("at", 1)], unique=True)
    await database.close()

    assert service.start("api").wait(60) == 2
    logged = service.log.read_text()
    assert "The collection outbox has an index on bucket, at with other options" in logged
    assert "Traceback" not in logged


LISTENS_TO_NO_TOPIC = """
from clinic_events import Event, on
from clinic_events.topics import Topic

class NeverMade(Event):
    name = "things.never_made.v1"
    topic = Topic("things.never")
    about = keyed_by = "thing_id"
    thing_id: str

async def handle(event: NeverMade) -> None: ...
"""


def test_a_topic_that_is_missing_is_named_and_ends_the_process(
    service: Service, kafka_bootstrap: str
) -> None:
    service.environment["THINGS_KAFKA_BOOTSTRAP_SERVERS"] = kafka_bootstrap
    listening = SERVICE.replace("subscriptions=[]", "subscriptions=[on(NeverMade, handle)]")
    service.script.write_text(LISTENS_TO_NO_TOPIC + listening)

    assert service.start("all").wait(40) == 2
    logged = service.log.read_text()
    assert "The broker has no topic things.never: `clinicctl topics apply` makes it." in logged
    assert "Traceback" not in logged


def test_a_machine_whose_clock_is_weeks_behind_is_refused_in_one_line(
    service: Service, tmp_path: Path
) -> None:
    """Its rows in an inbox would be cleaned away as too old."""
    library = clocks.library()
    if library is None:
        pytest.skip("There is no libfaketime on this machine.")
    file = tmp_path / "wall-clock"
    service.environment |= WallClock(library, file).environment
    file.write_text("-40d")
    assert service.start("worker").wait(60) == 2
    logged = service.log.read_text()
    assert "This machine's clock is 40 days, 0:00:0" in logged
    assert "behind the database's." in logged
    assert "Traceback" not in logged


def test_a_replay_that_nobody_subscribes_to_is_refused_in_one_line(service: Service) -> None:
    replay = ("replay", "--topic", "sessions.events", "--since", "2030-01-07T09:00:00Z")
    assert service.start(*replay).wait(60) == 2
    assert "Nothing here listens to anything on sessions.events." in service.log.read_text()


class Collector:
    """A collector of spans: keeps the bodies it is sent."""

    def __init__(self) -> None:
        bodies = self.bodies = list[bytes]()

        class Keep(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return None

        self.server = HTTPServer(("127.0.0.1", 0), Keep)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}/v1/traces"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()


def test_spans_are_collected_without_what_was_sent_or_went_wrong(service: Service) -> None:
    with Collector() as collector:
        service.environment["THINGS_OTLP_TRACES_ENDPOINT"] = collector.endpoint
        service.environment["THINGS_TRACED_SHARE"] = "1"
        with service.running("api") as process:
            assert service.write("explode", key="k-1").status_code == 500
            process.send_signal(signal.SIGTERM)
            assert process.wait(25) == 0

    spans = unpacked(collector.bodies[0])
    assert b"write_note" in spans
    assert b"explode" not in spans
    assert b"url." not in spans
    assert b"Testa Sample" not in spans


def unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
