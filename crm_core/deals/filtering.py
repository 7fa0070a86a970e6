"""Which leads or deals a board shows: whose, gone stale, expected when, called what."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, or_, true

from crm_core.agents.ownership import teammates
from crm_core.agents.people import Agent
from crm_core.agents.rights import RecordKind
from crm_core.deals.access import visible_deals
from crm_core.deals.moving import DEALS, LEADS, Trail
from crm_core.deals.pipelines import Pipeline
from crm_core.leads.access import visible_leads
from crm_core.search.conditions import says
from crm_core.search.kinds import SearchKind


class Whose(StrEnum):
    """Whose records: everybody's that one may see, one's team's, one's own, nobody's."""

    ALL = "all"
    TEAM = "team"
    ME = "me"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """`search`: part of a title or of a client's name or number; `expected`: first and last day."""

    whose: Whose = Whose.ALL
    search: str = ""
    stale: bool = False
    expected: tuple[date | None, date | None] = (None, None)


def trail_of(kind: RecordKind) -> Trail:
    """Where records of this kind leave their trail."""
    return LEADS if kind is RecordKind.LEAD else DEALS


def visible(trail: Trail, actor: Agent) -> ColumnElement[bool]:
    """The door of the kind, as a condition."""
    return visible_leads(actor) if trail is LEADS else visible_deals(actor)


def asked_for(
    trail: Trail, actor: Agent, pipeline: Pipeline, asked: RecordFilter, now: datetime
) -> ColumnElement[bool]:
    """Those of a pipeline that `actor` may see and `asked` for, open and closed."""
    table = trail.table
    parts = [visible(trail, actor), table.c.stage_id.in_([stage.id for stage in pipeline.stages])]
    owner = table.c.owner_agent_id
    parts.append(
        {
            Whose.ALL: true(),
            Whose.TEAM: or_(owner == actor.id, owner.in_(teammates(actor.id))),
            Whose.ME: owner == actor.id,
            Whose.NOBODY: owner.is_(None),
        }[asked.whose]
    )
    if asked.stale:
        parts.append(stale(trail, pipeline, now))
    if trail is DEALS:
        first, last = asked.expected
        parts += [table.c.expected_on >= first] if first else []
        parts += [table.c.expected_on <= last] if last else []
    if asked.search.strip():
        kind = SearchKind.LEAD if trail is LEADS else SearchKind.DEAL
        party = (SearchKind.CLIENT, trail.table.c.client_id)
        parts.append(says(asked.search, (kind, trail.table.c.id), party))
    return and_(*parts)


def stale(trail: Trail, pipeline: Pipeline, now: datetime) -> ColumnElement[bool]:
    """Longer in its stage than the stage is patient; what is closed is never stale."""
    table = trail.table
    late = [
        and_(
            table.c.stage_id == stage.id,
            table.c.stage_since < now - timedelta(days=stage.patience_days),
        )
        for stage in pipeline.stages
        if stage.patience_days is not None and stage.ending is None
    ]
    return or_(*late) if late else false()
