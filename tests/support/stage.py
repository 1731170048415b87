"""The demo's stage on a clinic that runs already: for tests that play a part of the journey."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from clinic_ctl.demo.doors import Doors
from clinic_ctl.demo.journal import Step
from clinic_ctl.demo.stage import Stage
from clinic_ctl.demo.witness import Witness
from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id
from tests.support.plain import plain


class Silent:
    """A journal nobody reads."""

    def note(self, step: Step) -> None: ...

    def close(self, counts: Mapping[str, object]) -> None: ...


@asynccontextmanager
async def a_stage(clinic: Stack) -> AsyncIterator[Stage]:
    """With a place of its own, not yet described."""
    location_id, witness = new_id("loc"), Witness()
    urls = {name: clinic.url(name) for name in clinic.management()}
    async with (
        plain(timeout=30) as client,
        witness.listening(clinic.part("kafka").addresses["bootstrap_servers"]),
    ):
        yield Stage(
            location_id=location_id,
            doors=Doors(urls.__getitem__, clinic.issuer, location_id, client),
            sandbox=Sandbox(clinic.management(), client),
            witness=witness,
            journal=Silent(),
            client=client,
            mail_url=clinic.url("devtools"),
        )
