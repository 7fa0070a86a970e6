"""What becomes of an entry when its attempt is over: when it is dialled next and how, or that it is
done with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.storage.engine import Write
from dialer.campaigns.queries import Campaign
from dialer.campaigns.tables import attempts
from dialer.entries.buckets import Buckets
from dialer.entries.choice import Law
from dialer.entries.moving import mark_number, numbers_of, over, positions, put, standing_at
from dialer.entries.states import DONE_REASONS, EntryState, NumberState, zones_from
from dialer.entries.tables import entries
from dialer.order.callbacks import Promise
from dialer.order.outcomes import Dialled, Verdict
from dialer.order.ranking import rank
from dialer.order.reasons import Waits
from dialer.order.retry import NextAttempt, Person, next_attempt
from telephony.events import Outcome

_GOLDEN: Final = 0.618_033_988_75  # spreads neighbours of a list evenly over a part of the day
LawOf = Callable[[AsyncConnection, str], Awaitable[Law]]
"""The law profile in force by its key."""


async def move_on(
    tx: Write,
    law_of: LawOf,
    campaign: Campaign,
    attempt: RowMapping,
    promise: Promise | None,
    now: datetime,
) -> None:
    """Let the entry of an attempt that has ended wait for its next, or be over. One that was taken
    off the list meanwhile stays so."""
    if attempt["entry_state"] != EntryState.LEASED.value:
        return
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
