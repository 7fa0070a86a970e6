"""Somebody takes a consent back, and often means by it: call me no more. Both are kept in one
transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm_core.agents.people import Agent
from crm_core.clients.tables import client_numbers, clients
from crm_core.storage.engine import Storage, Write
from dialer.consents.kinds import Channel
from dialer.consents.records import Consents
from dialer.do_not_call.kinds import How
from dialer.do_not_call.opt_outs import OptOuts, Stopped
from dialer.do_not_call.records import LONGEST_REASON, Said


class Withdrawals:
    """Ends consents, and calls with them."""

    def __init__(self, storage: Storage, consents: Consents, opt_outs: OptOuts) -> None:
        self._storage = storage
        self._consents = consents
        self._opt_outs = opt_outs

    async def revoke_and_stop(
        self,
        actor: Agent | None,
        consent_id: int,
        *,
        channel: Channel,
        evidence: str = "",
        at: datetime | None = None,
    ) -> Stopped | None:
        """He has taken it back and wants no more calls: at the number that the consent names, and
        whatever else `OptOuts.stop` counts as his; where it names none, at all that are his who
        gave it. None where nobody knows a number of his. Refusals as `Consents.revoke`."""
        async with self._storage.write() as tx:
            known = await self._consents.revoke_within(
                tx, actor, consent_id, channel=channel, evidence=evidence, at=at
            )
            number, everybody = await _number_of(tx, known)
            if number is None:
                return None
            how = How.SAID if channel is Channel.CALL else How.WRITTEN
            said = Said(how, evidence[:LONGEST_REASON], known["client_id"])
            return await self._opt_outs.stop_within(tx, actor, number, said, everybody=everybody)


async def _number_of(tx: Write, consent: Mapping[str, Any]) -> tuple[str | None, bool]:
    """A number of whoever gave the consent, and whether he spoke for a whole organisation."""
    if consent["e164"] is not None:
        return consent["e164"], False
    his = client_numbers.c
    query = select(his.e164).where(
        his.client_id == consent["client_id"], his.e164.is_not(None), ~his.wrong
    )
    if consent["contact_bound"]:
        query = query.where(his.contact_id == consent["contact_id"])
    number = (await tx.execute(query.order_by(his.id).limit(1))).scalar_one_or_none()
    kind = select(clients.c.kind).where(clients.c.id == consent["client_id"])
    is_person = (await tx.execute(kind)).scalar_one() == "person"
    return number, not consent["contact_bound"] and not is_person
