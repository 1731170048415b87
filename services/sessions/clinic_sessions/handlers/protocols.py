"""Protocols in their versions: shown, moved to, and rehearsed before there is one."""

from collections.abc import Mapping, Sequence

from clinic_platform.auth import Caller
from clinic_sessions.domain.booking.plan import Plan
from clinic_sessions.domain.errors import DraftUnreadable, PlanCannotMove, ProtocolNotFound
from clinic_sessions.domain.protocols.moving import obstacles
from clinic_sessions.domain.protocols.protocol import BadProtocol, Protocol
from clinic_sessions.domain.protocols.reading import read_protocol
from clinic_sessions.domain.protocols.rehearsal import PastSession, Rehearsal, rehearse
from clinic_sessions.domain.protocols.shelf import check_rule_sets, newest_of, versions_of
from clinic_sessions.handlers.tools import Tools


class Protocols(Tools):
    def newest_protocols(self) -> list[Protocol]:
        return newest_of(self.data.protocols)

    def versions_of(self, name: str) -> list[int]:
        """Rising. Empty when there is no such protocol."""
        return versions_of(self.data.protocols, name)

    def get_protocol(self, name: str, version: int | None) -> Protocol:
        """The newest without a version. Raises ProtocolNotFound."""
        versions = self.versions_of(name)
        if not versions or version not in (None, *versions):
            raise ProtocolNotFound
        return self.data.protocols[name, version or versions[-1]]

    async def move_plan(self, by: Caller, plan_id: str, version: int, reason: str) -> Plan:
        """To another version of its protocol. Raises PlanCannotMove, with what is in the way."""
        plan = await self.reached_plan(by, plan_id)
        pinned, wanted = self.protocol_of(plan), self.get_protocol(plan.protocol, version)
        await self.plans.queue_for(plan)  # nobody books by the old version meanwhile
        in_the_way = obstacles(plan, pinned, wanted, await self.sessions.of_plan(plan.id))
        if in_the_way:
            raise PlanCannotMove([obstacle.as_conflict() for obstacle in in_the_way])
        moved = plan.move_protocol(
            version,
            infusions=wanted.infusions,
            surveys=wanted.surveys,
            reason=reason,
            by=by.actor,
            now=self.clock(),
        )
        return await self.plans.record(plan, moved)

    def read_draft(self, document: Mapping[str, object]) -> Protocol:
        """As a file of the shelf would be read. Raises DraftUnreadable."""
        try:
            draft = read_protocol(document)
            check_rule_sets(draft, self.data.rule_sets, self.data.opening.drugs)
        except BadProtocol as bad:
            raise DraftUnreadable(bad.field, bad.rule) from None
        return draft

    def rehearse(self, draft: Protocol, past: Sequence[PastSession]) -> Rehearsal:
        return rehearse(draft, past, shelf=self.data.protocols, rule_sets=self.data.rule_sets)
