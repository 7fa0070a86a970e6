"""The rights of the roles, as an office changes them; the administrators' own are always whole."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action, RecordKind, Rights, Scope, rights_of, stored_rights
from crm_core.agents.roles import Role, id_of, require
from crm_core.agents.tables import agents, role_rights
from crm_core.clock import Clock
from crm_core.errors import Invalid
from crm_core.events import RoleChanged
from crm_core.storage.engine import Storage, Write


async def list_rights(connection: AsyncConnection) -> dict[Role, Rights]:
    """What each role may do now."""
    rows = (await connection.execute(select(role_rights))).mappings()
    stored = {row["role"]: row["rights"] for row in rows}
    return {role: rights_of(role, stored.get(role.value)) for role in Role}


class RoleRights:
    """Commands on the rights of roles; only for administrators, audited, felt at once."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def change(
        self, actor: Agent | None, role: Role, scopes: Mapping[tuple[RecordKind, Action], Scope]
    ) -> None:
        """Set some scopes of a role. Invalid("role", "rights_of_administrators") for theirs:
        whoever shut himself out could not open again."""
        require(actor, Role.ADMINISTRATOR)
        if role is Role.ADMINISTRATOR:
            raise Invalid("role", "rights_of_administrators")
        async with self._storage.write() as tx:
            known = (await list_rights(tx.connection))[role]
            wanted = Rights({**known.scopes, **scopes})
            if wanted == known:
                return
            kept = {"rights": stored_rights(wanted)}
            mine = role_rights.c.role == role.value
            if not (await tx.execute(update(role_rights).where(mine).values(**kept))).rowcount:
                await tx.execute(insert(role_rights).values(role=role.value, **kept))
            await self._note(tx, actor, role, known, wanted)
            await _announce(tx, role)

    async def reset(self, actor: Agent | None, role: Role) -> None:
        """Give a role back what it came with."""
        require(actor, Role.ADMINISTRATOR)
        async with self._storage.write() as tx:
            gone = await tx.execute(delete(role_rights).where(role_rights.c.role == role.value))
            if gone.rowcount:
                now, who = self._clock.now(), id_of(actor)
                await audit.record(tx, now, who, "reset", "role", role.value)
                await _announce(tx, role)

    async def _note(
        self, tx: Write, actor: Agent | None, role: Role, before: Rights, after: Rights
    ) -> None:
        """An entry of the audit trail for each kind of record whose rights are others."""
        for kind in RecordKind:
            changed = {
                action.value: [before.scopes[kind, action], after.scopes[kind, action]]
                for action in Action
                if before.scopes[kind, action] != after.scopes[kind, action]
            }
            if changed:
                said = {"record_kind": kind.value, **changed}
                now, who = self._clock.now(), id_of(actor)
                await audit.record(tx, now, who, "edited", "role", role.value, **said)


async def _announce(tx: Write, role: Role) -> None:
    """Whoever has the role sees with other eyes from now on."""
    query = select(agents.c.id).where(agents.c.role == role.value, agents.c.active)
    for agent_id in (await tx.execute(query)).scalars().all():
        tx.announce(RoleChanged(agent_id=agent_id))
