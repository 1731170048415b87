"""A small service of its own, run as a process: what the backbone does for any."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from ulid import ULID

from clinic_ctl.stack.devtools import is_serving

SERVICE = """
import gc
from typing import Annotated
from fastapi import Request
from pydantic_settings import SettingsConfigDict
from clinic_platform.auth import Policy
from clinic_platform.backbone import backbone, main, serve
from clinic_platform.command import Role
from clinic_platform.settings import ServiceSettings
from clinic_platform.web import JsonBody, Router, Sent, Text, create_app

class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="THINGS_")

class Note(Sent):
    text: Annotated[str, Text(20)]

router = Router()

@router.post("/v1/notes", operation_id="write_note", status_code=201)
async def write_note(note: Annotated[Note, JsonBody(Note)], request: Request) -> dict[str, int]:
    rows = request.app.state.kit.database.collection("notes")
    await rows.insert_one({"text": note.text})
    if note.text == "explode":
        raise ValueError("Testa Sample")
    return {"written": await rows.count({})}

@router.post("/v1/looks", operation_id="look", status_code=201)
async def look() -> dict[str, int]:
    return {"looked_at": len(gc.get_objects()), "set_apart": gc.get_freeze_count()}

async def run(settings: Settings, role: Role) -> None:
    async with backbone("things", settings) as kit:
        operations = {"write_note": {"public": True}, "look": {"public": True}}
        policy = Policy.parse({"operations": operations})
        app = create_app(
            kit, title="Things", routers=[router], problems={}, policy=policy, state={"kit": kit}
        )
        await serve(kit, role, app=app, subscriptions=[], keepers={})

main("things", Settings, run)
"""


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


class Service:
    def __init__(self, mongo_url: str, folder: Path) -> None:
        self.script = folder / "things.py"
        self.script.write_text(SERVICE)
        self.log = folder / "log"
        self.http_port, self.management_port = a_free_port(), a_free_port()
        self.database = f"test_{ULID()}"
        self.environment = {
            **os.environ,
            "CLINIC_SANDBOX": "1",
            "THINGS_ENVIRONMENT": "sandbox",
            "THINGS_MONGO_URL": mongo_url,
            "THINGS_MONGO_DATABASE": self.database,
            "THINGS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "THINGS_AUTH_JWKS_URL": "http://127.0.0.1:1/jwks.json",
            "THINGS_SEALING_KEYS": '{"a": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}',
            "THINGS_HTTP_PORT": str(self.http_port),
            "THINGS_MANAGEMENT_PORT": str(self.management_port),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(self.script), *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    @contextmanager
    def running(self, role: str) -> Iterator[subprocess.Popen[bytes]]:
        process = self.start(role)
        try:
            self._wait_until_ready(process)
            yield process
        finally:
            process.kill()
            process.wait()

    def management(self, path: str) -> str:
        return f"http://127.0.0.1:{self.management_port}{path}"

    def write(self, text: str, *, key: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.http_port}/v1/notes"
        return httpx.post(url, json={"text": text}, headers={"Idempotency-Key": key})

    def look(self) -> dict[str, int]:
        url = f"http://127.0.0.1:{self.http_port}/v1/looks"
        looked: dict[str, int] = httpx.post(url, headers={"Idempotency-Key": "k-1"}).json()
        return looked

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.log.read_text().splitlines()]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if is_serving(self.management("/health/ready")):
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())
