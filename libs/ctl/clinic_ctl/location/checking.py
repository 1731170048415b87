"""A location's document checked on this machine, by the very rules the service has."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic_platform.data import load
from clinic_platform.problems import UnreadableRequest
from clinic_platform.web.bodies import BodyReader
from clinic_sessions.app import PACKAGE, protocols
from clinic_sessions.domain.bedside.policy import WatchPolicy
from clinic_sessions.domain.places.checking import faults_of
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.domain.places.opening import read_opening_rules
from clinic_sessions.domain.places.readiness import Finding, findings_of
from clinic_sessions.schemas import DescribeLocation


@dataclass(frozen=True, slots=True)
class Wrong:
    """As the service would answer it: where, which rule, what."""

    pointer: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is `wrong` the service refuses. `findings`: what is missing before a first patient."""

    wrong: tuple[Wrong, ...] = ()
    findings: tuple[Finding, ...] = ()


def check_document(document: Mapping[str, Any], *, now: datetime) -> Checked:
    try:
        sent = BodyReader(DescribeLocation).read(json.dumps(document).encode())
    except UnreadableRequest as refusal:
        return Checked(wrong=tuple(Wrong(f.pointer, f.rule, f.message) for f in refusal.errors))
    details, shelf = sent.to_details(), protocols()
    if faults := faults_of(details, shelf.values()):
        return Checked(wrong=tuple(Wrong(f.pointer, f.rule, f.message) for f in faults))
    return Checked(findings=_findings(details, now))


def _findings(details: Details, now: datetime) -> tuple[Finding, ...]:
    shelf = sorted(protocols().values(), key=lambda protocol: protocol.version)
    newest = {protocol.name: protocol for protocol in shelf}
    rules = read_opening_rules(load(PACKAGE, "opening.yaml"))
    today = Location(id="", details=details).calendar.local(now).date()
    offered = [newest[name] for name in details.protocols]
    called = WatchPolicy.parse(load(PACKAGE, "watch.yaml")).called
    return tuple(findings_of(details, offered, rules, today, called=called))
