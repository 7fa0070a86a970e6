"""Handing over: chosen, carried out, taken back. To the person it is one step: what was interrupted
goes on at the next start, what was only being chosen never happened."""

from collections import Counter
from typing import Any, Final

from sqlalchemy import delete, func, insert, select

from crm_core import audit
from crm_core.agents.people import Agent, get_agent
from crm_core.agents.rights import Action, RecordKind, Scope
from crm_core.clock import Clock
from crm_core.errors import Conflict, Forbidden, Invalid
from crm_core.events import HandedOver
from crm_core.handing_over.choosing import Chosen, Found, find
from crm_core.handing_over.moving import PIECE, enter, move_piece, return_piece, tell_each
from crm_core.handing_over.queries import get_handover
from crm_core.handing_over.tables import handed_records, handovers
from crm_core.storage.engine import Storage, Write

HANDED_OVER: Final = "handed_over"
TAKEN_BACK: Final = "handed_back"
TOLD_ONE_BY_ONE: Final = 50
"""Up to so many records each is announced; of more, only that there was a handover."""


class Handovers:
    """Gives what somebody looks after to somebody else, in pieces that delay nobody."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def begin(self, actor: Agent, to_agent_id: int | None, chosen: Chosen) -> int | None:
        """Choose what is handed over (`to_agent_id` None: to nobody); `carry_out` does it. The
        handover's id, None where nothing would change.

        Invalid("to"): agent_inactive, agent_sees_no_clients; Forbidden where nothing of it may be
        handed over by this person.
        """
        async with self._storage.read() as connection:
            if to_agent_id is not None:
                _check_receiver(await get_agent(connection, to_agent_id))
            found = await find(connection, actor, to_agent_id, chosen)
        if not found.owners:
            if found.skipped:
                raise Forbidden(role=actor.role.value)
            return None
        return await self._write_down(actor, to_agent_id, found)

    async def carry_out(self, handover_id: int) -> None:
        """Do what is left to do of it, forward or back; what is done already is left alone."""
        async with self._storage.read() as connection:
            query = select(handovers).where(handovers.c.id == handover_id)
            handover = dict((await connection.execute(query)).mappings().one())
            total = select(func.count()).where(handed_records.c.handover_id == handover_id)
            few = (await connection.execute(total)).scalar_one() <= TOLD_ONE_BY_ONE
        if handover["state"] not in ("moving", "undoing"):
            return
        step = move_piece if handover["state"] == "moving" else return_piece
        for kind in RecordKind:
            going = True
            while going:
                async with self._storage.write() as tx:
                    ids = await step(tx, self._clock.now(), handover, kind)
                    if ids and few:
                        await tell_each(tx, kind, ids)
                going = ids is not None
        async with self._storage.write() as tx:
            await self._end(tx, handover)

    async def undo(self, actor: Agent, handover_id: int) -> None:
        """Begin to take it back; `carry_out` does it. NotFound, Forbidden; Conflict where it still
        goes on (handover_goes_on) or was taken back already (handover_undone)."""
        async with self._storage.write() as tx:
            handover = await get_handover(tx.connection, actor, handover_id)
            if handover.state in ("undone", "undoing"):
                raise Conflict("handover_undone")
            if handover.state != "done":
                raise Conflict("handover_goes_on")
            if not handover.may_undo(actor):
                raise Forbidden(role=actor.role.value)
            now = self._clock.now()
            await enter(tx, handover_id, "undoing", undone_at=now, undone_by=actor.id)
            await audit.record(tx, now, actor.id, TAKEN_BACK, "handover", handover_id)

    async def resume(self) -> None:
        """After a start: go on with what was interrupted; forget what was only being chosen."""
        async with self._storage.write() as tx:
            await tx.execute(delete(handovers).where(handovers.c.state == "chosen"))
            going_on = handovers.c.state.in_(("moving", "undoing"))
            query = select(handovers.c.id).where(going_on).order_by(handovers.c.id)
            ids = (await tx.execute(query)).scalars().all()
        for handover_id in ids:
            await self.carry_out(handover_id)

    async def _write_down(self, actor: Agent, to_agent_id: int | None, found: Found) -> int:
        counts = Counter(kind.value for kind, _ in found.owners)
        async with self._storage.write() as tx:
            row = {
                "at": self._clock.now(),
                "agent_id": actor.id,
                "to_agent_id": to_agent_id,
                "state": "chosen",
                "counts": dict(counts),
                "skipped": found.skipped,
            }
            made = await tx.execute(insert(handovers).values(**row))
            handover_id = int(made.inserted_primary_key[0])
        rows = [
            {
                "handover_id": handover_id,
                "kind": kind.value,
                "record_id": key,
                "before_agent_id": whose,
            }
            for (kind, key), whose in found.owners.items()
        ]
        for start in range(0, len(rows), 2 * PIECE):
            async with self._storage.write() as tx:
                await tx.execute(insert(handed_records), rows[start : start + 2 * PIECE])
        async with self._storage.write() as tx:
            await enter(tx, handover_id, "moving")
            said = {"owner_agent_id": to_agent_id, **{f"{kind}s": n for kind, n in counts.items()}}
            now = self._clock.now()
            await audit.record(tx, now, actor.id, HANDED_OVER, "handover", handover_id, **said)
        return handover_id

    async def _end(self, tx: Write, handover: dict[str, Any]) -> None:
        forward = handover["state"] == "moving"
        mine = handed_records.c.handover_id == handover["id"]
        counted = select(handed_records.c.kind, func.count()).where(
            mine, handed_records.c.state == "moved"
        )
        rows = await tx.execute(counted.group_by(handed_records.c.kind))
        counts = dict(map(tuple, rows))
        if forward:
            await enter(tx, handover["id"], "done", counts=counts)
        else:
            await enter(tx, handover["id"], "undone")
        givers = select(handed_records.c.before_agent_id).where(mine).distinct()
        concerned = {*(await tx.execute(givers)).scalars(), handover["to_agent_id"]} - {None}
        tx.announce(
            HandedOver(
                handover_id=handover["id"],
                by_agent_id=handover["agent_id"],
                to_agent_id=handover["to_agent_id"],
                agent_ids=tuple(sorted(concerned)),
                counts=counts if forward else {},
            )
        )


def _check_receiver(receiver: Agent) -> None:
    if not receiver.active:
        raise Invalid("to", "agent_inactive", name=receiver.name)
    if receiver.scope(RecordKind.CLIENT, Action.SEE) is Scope.NONE:
        raise Invalid("to", "agent_sees_no_clients", name=receiver.name)
