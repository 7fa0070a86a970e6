"""Whose a record is, as a condition: mine, my teams', anybody's."""

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from crm_core.agents.rights import Scope
from crm_core.agents.tables import queue_members


def teammates(agent_id: int) -> Select[tuple[int]]:
    """The ids of all who are in a team with this agent, himself among them where he has one."""
    mine, theirs = queue_members.alias("mine"), queue_members.alias("theirs")
    return (
        select(theirs.c.agent_id)
        .join(mine, mine.c.queue_id == theirs.c.queue_id)
        .where(mine.c.agent_id == agent_id)
    )


def owned_within(
    scope: Scope, owner: ColumnElement[int | None], agent_id: int
) -> ColumnElement[bool]:
    """Whether the record with this `owner` column is within `scope` for the agent. What nobody
    owns is within every scope but `none`: somebody has to take it."""
    if scope is Scope.NONE:
        return false()
    if scope is Scope.ALL:
        return true()
    mine = or_(owner == agent_id, owner.is_(None))
    return mine if scope is Scope.OWN else or_(mine, owner.in_(teammates(agent_id)))
