"""On which campaigns' lists a client or a number stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.campaigns.states import CampaignState
from dialer.campaigns.tables import attempts, campaigns
from dialer.entries.states import EntryState
from dialer.entries.tables import entries, entry_numbers

_E: Final = entries.c


@dataclass(frozen=True, slots=True)
class Standing:
    """On which campaign's list a client stands, and how."""

    entry_id: int
    campaign_id: int
    title: str
    campaign_state: str
    state: EntryState
    reason: str
    due_at: datetime | None


async def standings_of(
    connection: AsyncConnection, client_id: int, seen: ColumnElement[bool] | None = None
) -> list[Standing]:
    """The campaigns he is on the list of, the newest first; `seen` narrows the campaigns."""
    query = (
        select(
            _E.id.label("entry_id"),
            _E.campaign_id,
            campaigns.c.title,
            campaigns.c.state.label("campaign_state"),
            _E.state,
            _E.reason,
            _E.due_at,
        )
        .select_from(entries)
        .join(campaigns, campaigns.c.id == _E.campaign_id)
        .where(_E.client_id == client_id, true() if seen is None else seen)
        .order_by(_E.id.desc())
        .limit(20)
    )
    found = (await connection.execute(query)).mappings()
    return [Standing(**{**row, "state": EntryState(row["state"])}) for row in found]


async def campaigns_naming(
    connection: AsyncConnection,
    e164: str,
    seen: ColumnElement[bool] | None = None,
    *,
    call_id: str | None = None,
    limit: int = 10,
) -> list[tuple[int, str]]:
    """Id and title of the campaigns, but for finished ones, on whose list the number stands; that
    which the call was made for comes first, then the newest. `seen` narrows the campaigns."""
    listed = exists().where(
        entry_numbers.c.campaign_id == campaigns.c.id, entry_numbers.c.e164 == e164
    )
    made_for = exists().where(
        attempts.c.campaign_id == campaigns.c.id, attempts.c.call_id == (call_id or "")
    )
    query = (
        select(campaigns.c.id, campaigns.c.title)
        .where(campaigns.c.state != CampaignState.FINISHED.value, listed | made_for)
        .where(true() if seen is None else seen)
        .order_by(made_for.desc(), campaigns.c.id.desc())
        .limit(limit)
    )
    return [(campaign_id, title) for campaign_id, title in await connection.execute(query)]
