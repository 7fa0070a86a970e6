"""What is done from My day that is not a task's own: a fresh lead is seen to."""

from sqlalchemy import select

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clock import Clock
from crm_core.day.queries import TOUCHED
from crm_core.leads.access import access_lead
from crm_core.leads.records import lead_changed, touch
from crm_core.leads.tables import leads
from crm_core.storage.engine import Storage


class Day:
    """Commands of My day."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def see_to_lead(self, actor: Agent, lead_id: int) -> None:
        """Somebody has done something about it: it is fresh no more. NotFound, Forbidden."""
        now = self._clock.now()
        async with self._storage.write() as tx:
            await access_lead(tx.connection, actor, lead_id, Action.EDIT)
            row = (await tx.execute(select(leads).where(leads.c.id == lead_id))).mappings().one()
            if row["touched_at"] is None:
                await touch(tx, lead_id, now)
                await audit.record(tx, now, actor.id, TOUCHED, "lead", lead_id)
                await lead_changed(tx, dict(row))
