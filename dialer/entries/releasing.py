"""An attempt is over: it is ended, learned from and counted, within a transaction of whoever says
so, and its entry moves on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, update

from crm_core.errors import Invalid
from crm_core.storage.engine import Write
from dialer.campaigns.events import AttemptEnded
from dialer.campaigns.queries import Campaign, get_campaign
from dialer.campaigns.tables import attempts, campaign_segments
from dialer.entries.hours_learned import learn
from dialer.entries.onward import LawOf, move_on
from dialer.entries.tables import entries
from dialer.order.callbacks import Promise
from dialer.order.outcomes import Verdict
from telephony.events import Outcome


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. `verdict`, where none is given, is what the campaign's settings make of
    the disposition. A callback needs `callback_at`."""

    outcome: Outcome
    verdict: Verdict | None = None
    disposition_id: int | None = None
    callback_at: datetime | None = None
    callback_agent_id: int | None = None
    agent_id: int | None = None
    call_id: str | None = None


async def release_attempt(
    tx: Write, law_of: LawOf, channel_id: str, ended: Ended, now: datetime
) -> bool:
    """The attempt is over; False where it was before, or is none."""
    attempt = await _attempt(tx, attempts.c.channel_id == channel_id)
    if attempt is None:
        return False
    campaign = await get_campaign(tx.connection, attempt["campaign_id"])
    verdict = ended.verdict or campaign.verdicts.get(ended.disposition_id or 0)
    if verdict is Verdict.CALLBACK and ended.callback_at is None:
        raise Invalid("callback_at", "required")
    told = {
        "ended_at": now,
        "outcome": ended.outcome.value,
        "verdict": None if verdict is None else verdict.value,
        "disposition_id": ended.disposition_id,
    }
    also = {"agent_id": ended.agent_id, "call_id": ended.call_id}
    await _end(tx, attempt, {**told, **{k: v for k, v in also.items() if v is not None}})
    await learn(tx, attempt, ended.outcome)
    await _count(tx, attempt, completed=verdict is Verdict.COMPLETED)
    if attempt["entry_id"] is not None:
        await move_on(tx, law_of, campaign, attempt, _promise(campaign, ended), now)
    tx.announce(AttemptEnded(campaign.id, attempt["entry_id"], attempt["id"]))
    return True


async def release_lost(tx: Write, law_of: LawOf, attempt_id: int, now: datetime) -> None:
    """Nobody knows how the attempt ended: it counts as one that rang."""
    attempt = await _attempt(tx, attempts.c.id == attempt_id)
    if attempt is None:
        return
    campaign = await get_campaign(tx.connection, attempt["campaign_id"])
    await _end(tx, attempt, {"ended_at": now, "lost": True})
    await _count(tx, attempt, completed=False)
    await move_on(tx, law_of, campaign, attempt, None, now)
    tx.announce(AttemptEnded(campaign.id, attempt["entry_id"], attempt_id))


async def _attempt(tx: Write, which: Any) -> RowMapping | None:
    query = select(attempts, entries.c.segment, entries.c.state.label("entry_state"))
    joined = query.outerjoin(entries, entries.c.id == attempts.c.entry_id)
    found = await tx.execute(joined.where(which, attempts.c.ended_at.is_(None)))
    return found.mappings().one_or_none()  # type: ignore[no-any-return]


async def _end(tx: Write, attempt: RowMapping, values: Mapping[str, Any]) -> None:
    await tx.execute(update(attempts).where(attempts.c.id == attempt["id"]).values(**values))


def _promise(campaign: Campaign, ended: Ended) -> Promise | None:
    if ended.callback_at is None:
        return None
    return Promise(
        ended.callback_at,
        ended.callback_agent_id,
        campaign.retry.callback_tolerance_minutes,
        campaign.retry.absent_minutes,
    )


async def _count(tx: Write, attempt: RowMapping, *, completed: bool) -> None:
    of = campaign_segments.c
    mine = (of.campaign_id == attempt["campaign_id"]) & (of.segment == (attempt["segment"] or ""))
    counted = {"leased": of.leased - 1, "completed": of.completed + int(completed)}
    await tx.execute(update(campaign_segments).where(mine).values(**counted))
