"""FastStream at its documented best for one handler of single messages. Prints events a second."""

import asyncio
import json
import sys
import time
from datetime import datetime

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel, ConfigDict

GIVEN = json.loads(sys.argv[1])


class SessionCompleted(BaseModel):
    model_config = ConfigDict(frozen=True)

    session_id: str
    patient_id: str
    location_id: str
    plan_id: str
    protocol: str
    protocol_version: int
    infusion_number: int
    planned_infusions: int
    dosing_started_at: datetime
    dosing_ended_at: datetime
    completed_at: datetime
    dose_mg: float
    mg_per_kg: float
    route: str
    adverse_event_grade_max: int
    discharge: str
    session_version: int


broker = KafkaBroker(GIVEN["kafka"], logger=None)
app = FastStream(broker, logger=None)
count, began, done = 0, 0.0, asyncio.Event()
policy = {} if GIVEN["policy"] == "default" else {"ack_policy": AckPolicy.NACK_ON_ERROR}


@broker.subscriber(GIVEN["topic"], group_id=GIVEN["group"], auto_offset_reset="earliest", **policy)
async def handle(completed: SessionCompleted) -> None:
    global count, began
    count += 1
    if count == GIVEN["first"]:
        began = time.perf_counter()
    elif count == (GIVEN["events"] if GIVEN["policy"] == "default" else GIVEN["events"] // 10):
        print((count - GIVEN["first"]) / (time.perf_counter() - began), flush=True)
        done.set()


async def main() -> None:
    running = asyncio.create_task(app.run())
    await done.wait()
    app.exit()
    await running


uvloop.run(main())  # as its own command runs it
