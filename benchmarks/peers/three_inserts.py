"""An API with nothing around it: FastAPI, Motor, and a transaction of three inserts."""

import sys
from typing import Any

import uvicorn
from fastapi import FastAPI
from motor.motor_asyncio import AsyncIOMotorClient
from pydantic import BaseModel
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern
from ulid import ULID

app = FastAPI()
url, name, port = sys.argv[1:]
client: Any = AsyncIOMotorClient(url)
database = client[name]
MAJORITY = WriteConcern(w="majority", j=True)


class Given(BaseModel):
    kind: str
    document_version: int
    language: str


@app.get("/ready")
async def ready() -> dict[str, bool]:
    for collection in ("state", "outbox", "audit"):
        await database[collection].insert_one({"_id": str(ULID())})
    return {"ready": True}


@app.post("/v1/patients/{patient_id}/consents", status_code=201)
async def give_consent(patient_id: str, given: Given) -> dict[str, str]:
    consent_id = str(ULID())
    async with await client.start_session() as session:
        begun = session.start_transaction(
            read_concern=ReadConcern("snapshot"), write_concern=MAJORITY
        )
        async with begun:
            row = {"_id": consent_id, "patient_id": patient_id, **given.model_dump()}
            await database.state.insert_one(row, session=session)
            await database.outbox.insert_one({"about": consent_id}, session=session)
            await database.audit.insert_one({"about": consent_id}, session=session)
    return {"id": consent_id}


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
