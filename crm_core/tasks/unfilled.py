"""Tasks of kind `wrap_up`: a form that missed its deadline. Only that form, by its own agent, does
them; whoever supervises may close one without it, and says why."""

from typing import Final

from sqlalchemy import RowMapping, select

from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, require
from crm_core.calls.tables import wrap_ups
from crm_core.errors import Conflict
from crm_core.storage.engine import Write
from crm_core.wording import line

LONGEST_REASON: Final = 300  # characters
MAY_CLOSE: Final = (Role.SUPERVISOR, Role.HEAD_OF_SALES, Role.ADMINISTRATOR)


def refuse_without_form(task: RowMapping) -> None:
    """Raise Conflict(`wrap_up_by_form`) where a tick, or another pair of hands, cannot do it."""
    if task["kind"] == "wrap_up":
        raise Conflict("wrap_up_by_form", task_id=task["id"])


async def checked_reason(tx: Write, actor: Agent, task: RowMapping, reason: str) -> str:
    """Why `actor` closes it. Forbidden for operators; `wrap_up_by_form` where the form is his own;
    Invalid `reason` required, too_long."""
    require(actor, *MAY_CLOSE)
    query = select(wrap_ups.c.id).where(
        wrap_ups.c.task_id == task["id"], wrap_ups.c.agent_id == actor.id
    )
    if (await tx.execute(query)).first() is not None:
        refuse_without_form(task)
    return line("reason", reason, limit=LONGEST_REASON)


async def refuse_filled(tx: Write, task: RowMapping) -> None:
    """Raise Conflict(`already_finished`) where the form has been sent: nothing can be reopened."""
    if task["kind"] != "wrap_up":
        return
    query = select(wrap_ups.c.ending).where(wrap_ups.c.task_id == task["id"])
    if all(ending == "saved" for ending in (await tx.execute(query)).scalars()):
        raise Conflict("already_finished", task_id=task["id"])
