"""The foundation a service is given: its connections, stores and keys in one object."""

from dataclasses import dataclass

from clinic_events.outbox import MongoOutbox
from clinic_platform.audit import Audit
from clinic_platform.auth import Authenticator
from clinic_platform.clock import Clock
from clinic_platform.health import Health
from clinic_platform.idempotency import Idempotency
from clinic_platform.mongo import Mongo
from clinic_platform.promises import MongoPromises
from clinic_platform.sealing import KeyRing
from clinic_platform.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """All that a service is given by its backbone."""

    name: str
    settings: ServiceSettings
    database: Mongo
    outbox: MongoOutbox
    promises: MongoPromises
    clock: Clock
    keys: KeyRing
    audit: Audit
    idempotency: Idempotency
    authenticator: Authenticator
    health: Health
