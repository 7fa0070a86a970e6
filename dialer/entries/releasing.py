"""What becomes of an entry when its attempt is over, within a transaction of whoever says so."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.errors import Invalid
from crm_core.storage.engine import Write
from dialer.campaigns.events import AttemptEnded
from dialer.campaigns.queries import Campaign, get_campaign
from dialer.campaigns.tables import attempts, campaign_segments
from dialer.entries.buckets import Buckets
from dialer.entries.choice import Law
from dialer.entries.hours_learned import learn
from dialer.entries.moving import mark_number, numbers_of, over, positions, put, standing_at
from dialer.entries.states import DONE_REASONS, EntryState, NumberState, zones_from
from dialer.entries.tables import entries
from dialer.order.callbacks import Promise
from dialer.order.outcomes import Dialled, Verdict
from dialer.order.ranking import rank
from dialer.order.reasons import Waits
from dialer.order.retry import NextAttempt, Person, next_attempt
from telephony.events import Outcome

_GOLDEN = 0.618_033_988_75  # spreads neighbours of a list evenly over a part of the day
_LawOf = Callable[[AsyncConnection, str], Awaitable[Law]]


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
    tx: Write, law_of: _LawOf, channel_id: str, ended: Ended, now: datetime
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
        await _move_on(tx, law_of, campaign, attempt, _promise(campaign, ended), now)
    tx.announce(AttemptEnded(campaign.id, attempt["entry_id"], attempt["id"]))
    return True


async def release_lost(tx: Write, law_of: _LawOf, attempt_id: int, now: datetime) -> None:
    """Nobody knows how the attempt ended: it counts as one that rang."""
    attempt = await _attempt(tx, attempts.c.id == attempt_id)
    if attempt is None:
        return
    campaign = await get_campaign(tx.connection, attempt["campaign_id"])
    await _end(tx, attempt, {"ended_at": now, "lost": True})
    await _count(tx, attempt, completed=False)
    await _move_on(tx, law_of, campaign, attempt, None, now)
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


async def _move_on(
    tx: Write,
    law_of: _LawOf,
    campaign: Campaign,
    attempt: RowMapping,
    promise: Promise | None,
    now: datetime,
) -> None:
    if attempt["entry_state"] != EntryState.LEASED.value:
        return  # taken off the list meanwhile
    entry_id = attempt["entry_id"]
    history = await _history(tx, entry_id)
    if history[-1].verdict is Verdict.WRONG_NUMBER:
        await mark_number(tx, entry_id, attempt["position"], NumberState.WRONG)
    numbers = await numbers_of(tx, entry_id)
    law = await law_of(tx.connection, campaign.profile_key)
    following = next_attempt(
        history,
        now,
        _person(entry_id, attempt["position"], numbers),
        campaign.retry,
        promise=promise,
        embargo_hours=law.profile.embargo_hours,
    )
    rang = sum(each.rang for each in history)
    last = history[-1].outcome
    same = {
        "attempts": rang,
        "last_outcome": None if last is None else last.value,
        "leased_until": None,
        "lease_key": None,
        "reason": following.why.value,
    }
    await put(
        tx, entry_id, {**same, **await _standing(tx, attempt, following, numbers, promise, rang)}
    )


async def _standing(
    tx: Write,
    attempt: RowMapping,
    following: NextAttempt,
    numbers: Sequence[Mapping[str, Any]],
    promise: Promise | None,
    rang: int,
) -> dict[str, Any]:
    """The columns of an entry that is dialled again, or is over."""
    if following.at is None:
        state = EntryState.DONE if following.why in DONE_REASONS else EntryState.NEVER
        return {**over(following.why), "state": state.value}
    query = select(entries.c.priority, entries.c.requested_at, entries.c.segment)
    entry = (await tx.execute(query.where(entries.c.id == attempt["entry_id"]))).one()
    kept = promise if following.why is Waits.CALLBACK else None
    promised_at = following.at if following.needs_agent else None
    number = next(each for each in numbers if each["position"] == following.position)
    buckets = Buckets(tx, attempt["campaign_id"], following.at)
    return {
        **await standing_at(buckets, number, entry.segment),
        "state": EntryState.WAITING.value,
        "due_at": following.at,
        "needs_agent": following.needs_agent,
        "callback_at": None if kept is None else kept.promised_at,
        "callback_agent_id": following.agent_id,
        "anybody_at": following.anybody_at,
        "for_agent_id": None,
        "rank": rank(
            entry.priority,
            rang,
            promised_at=promised_at,
            requested_at=entry.requested_at,
        ),
    }


def _person(entry_id: int, position: int, numbers: Sequence[Mapping[str, Any]]) -> Person:
    here = next((each["zones"] for each in numbers if each["position"] == position), "")
    zone = min(zones_from(here), default="UTC")
    return Person(positions(numbers), ZoneInfo(zone), entry_id * _GOLDEN % 1.0)


async def _history(tx: Write, entry_id: int) -> list[Dialled]:
    """The dials of this round, the oldest first."""
    of = attempts.c
    query = (
        select(of.decided_at, of.position, of.outcome, of.verdict)
        .join(entries, entries.c.id == of.entry_id)
        .where(of.entry_id == entry_id, of.decided_at >= entries.c.started_at)
        .order_by(of.id)
    )
    return [
        Dialled(at, position, outcome and Outcome(outcome), verdict and Verdict(verdict))
        for at, position, outcome, verdict in await tx.execute(query)
    ]
