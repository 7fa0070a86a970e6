"""Campaigns and what belongs to them, read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.errors import NotFound
from crm_core.wording import existing_id
from dialer.campaigns.settings import (
    PacingSettings,
    hours_from,
    pacing_from,
    quotas_from,
    retry_from,
    verdicts_from,
)
from dialer.campaigns.states import SURE, CampaignState
from dialer.campaigns.tables import campaign_agents, campaign_segments, campaigns
from dialer.compliance.profile import CallingHours
from dialer.order.outcomes import Verdict
from dialer.order.quotas import Filled, Quotas
from dialer.order.retry import RetryRules
from dialer.pacing.policy import Mode


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as its row says; `hours` are its own, None where only the law's count.

    `verdicts`: what each disposition (by id) means for an entry.
    """

    id: int
    title: str
    state: CampaignState
    profile_key: str
    mode: Mode
    pacing: PacingSettings
    retry: RetryRules
    quotas: Quotas
    hours: CallingHours | None
    verdicts: dict[int, Verdict]
    caller_label: str
    caller_number: str
    seller_name: str
    seller_number: str
    script: str
    starts_on: date | None
    ends_on: date | None
    priority: int
    owner_agent_id: int | None
    created_at: datetime
    started_at: datetime | None
    version: int

    @property
    def is_sure(self) -> bool:
        """Whether an operator is there for every single call."""
        return self.mode in SURE

    def is_on(self, day: date) -> bool:
        """Whether it may dial on that day of the office's calendar."""
        started = self.starts_on is None or self.starts_on <= day
        return started and (self.ends_on is None or day <= self.ends_on)


AUDITED: Final[Mapping[str, Column[Any]]] = {"campaign": campaigns.c.title}
"""By what the audit trail calls a campaign."""
_COLUMNS = [column for column in campaigns.c if column.name not in ("created_by", "updated_at")]


async def get_campaign(connection: AsyncConnection, campaign_id: int) -> Campaign:
    """One campaign. Raises NotFound."""
    query = select(*_COLUMNS).where(campaigns.c.id == existing_id(campaign_id))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound(campaign_id=campaign_id)
    return campaign_from(row)


async def list_campaigns(
    connection: AsyncConnection,
    *,
    states: tuple[CampaignState, ...] = (),
    agent_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Campaign]:
    """The newest first; `agent_id`: only those he is on the team of; `before_id` continues."""
    query = select(*_COLUMNS).order_by(campaigns.c.id.desc()).limit(limit)
    if states:
        query = query.where(campaigns.c.state.in_([each.value for each in states]))
    if agent_id is not None:
        of_team = select(campaign_agents.c.campaign_id).where(
            campaign_agents.c.agent_id == agent_id
        )
        query = query.where(campaigns.c.id.in_(of_team))
    if before_id is not None:
        query = query.where(campaigns.c.id < before_id)
    return [campaign_from(row) for row in await connection.execute(query)]


async def list_running(connection: AsyncConnection) -> list[Campaign]:
    """Those that run, the one that goes first first."""
    query = (
        select(*_COLUMNS)
        .where(campaigns.c.state == CampaignState.RUNNING.value)
        .order_by(campaigns.c.priority.desc(), campaigns.c.id)
    )
    return [campaign_from(row) for row in await connection.execute(query)]


async def team_of(connection: AsyncConnection, campaign_id: int) -> frozenset[int]:
    """The ids of the operators who work for it."""
    query = select(campaign_agents.c.agent_id).where(campaign_agents.c.campaign_id == campaign_id)
    return frozenset((await connection.execute(query)).scalars())


async def filled_of(connection: AsyncConnection, campaign_id: int) -> dict[str, Filled]:
    """How far each segment is; nothing of one that nobody was dialled of."""
    of = campaign_segments.c
    query = select(of.segment, of.completed, of.leased, of.dialled)
    found = await connection.execute(query.where(of.campaign_id == campaign_id))
    return {segment: Filled(*counts) for segment, *counts in found}


def campaign_from(row: Row[Any]) -> Campaign:
    """A Campaign out of a row with the columns of its fields."""
    values: dict[str, Any] = dict(row._mapping)
    return Campaign(
        **{
            **values,
            "state": CampaignState(values["state"]),
            "mode": Mode(values["mode"]),
            "pacing": pacing_from(values["pacing"]),
            "retry": retry_from(values["retry"]),
            "quotas": quotas_from(values["quotas"]),
            "hours": hours_from(values["hours"]),
            "verdicts": verdicts_from(values["verdicts"]),
        }
    )
