"""Phones: a fixed desk of one agent's, or a hot desk for whoever comes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from crm_core.agents.arranging import Arranging, only_known
from crm_core.agents.people import Agent, get_agent
from crm_core.agents.tables import agent_states, agents, extensions
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id

_NUMBER = re.compile(r"[0-9]{2,6}")
_INTERFACE = re.compile(r"[A-Za-z0-9_]+/[A-Za-z0-9_.@+-]{1,100}")


class Extensions(Arranging):
    """Commands on extensions. Invalid: extension_bad, extension_taken, interface_bad,
    interface_taken, agent_inactive; Conflict: extension_in_use (with the name of who sits there).
    """

    table = extensions
    kind = "extensions"
    subject = "extension"
    unique: Mapping[str, str] = {"number": "extension_taken", "interface": "interface_taken"}

    def __init__(self, storage: Storage, clock: Clock, technology: str = "PJSIP") -> None:
        super().__init__(storage, clock)
        self._technology = technology

    async def create(
        self,
        actor: Agent | None,
        *,
        number: str,
        interface: str = "",
        agent_id: int | None = None,
    ) -> int:
        """A new desk's id; with `agent_id` it is that agent's alone."""
        number = _number(number)
        interface = _interface(interface or f"{self._technology}/{number}")
        values = {"number": number, "interface": interface, "agent_id": agent_id, "active": True}
        return await self._create(actor, values)

    async def edit(self, actor: Agent | None, extension_id: int, **fields: Any) -> None:
        """Change number, interface or agent_id (None: a hot desk)."""
        only_known(fields, _CHECKS)
        values = {field: _CHECKS[field](value) for field, value in fields.items()}
        await self._change(actor, extension_id, values)

    async def _check(self, tx: Write, before: Mapping[str, Any], values: dict[str, Any]) -> None:
        agent_id = values.get("agent_id")
        if agent_id is not None and agent_id != before.get("agent_id"):
            agent = await get_agent(tx.connection, existing_id(agent_id))
            if not agent.active:
                raise Invalid("agent_id", "agent_inactive", name=agent.name)
        if before:
            changed = {field for field, value in values.items() if before[field] != value}
            await _refuse_in_use(tx, before["id"], changed, agent_id)


async def _refuse_in_use(
    tx: Write, extension_id: int, changed: set[str], agent_id: int | None
) -> None:
    """A desk is not changed under whoever sits at it, but it may become his own or a hot desk."""
    query = (
        select(agents.c.id, agents.c.name)
        .join(agent_states, agent_states.c.agent_id == agents.c.id)
        .where(agent_states.c.extension_id == extension_id)
    )
    sitting = (await tx.execute(query)).first()
    if sitting is None:
        return
    if changed != {"agent_id"} or agent_id not in (None, sitting.id):
        raise Conflict("extension_in_use", name=sitting.name)


def _number(number: str) -> str:
    number = number.strip()
    if not _NUMBER.fullmatch(number):
        raise Invalid("number", "extension_bad", value=number)
    return number


def _interface(interface: str) -> str:
    interface = interface.strip()
    if not _INTERFACE.fullmatch(interface):
        raise Invalid("interface", "interface_bad", value=interface)
    return interface


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "number": _number,
    "interface": _interface,
    "agent_id": lambda agent_id: agent_id,
}
