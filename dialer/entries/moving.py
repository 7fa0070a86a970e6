"""Entries moved from one state to another, within a transaction of whoever moves them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Integer, bindparam, case, null, select, update

from crm_core.storage.engine import Write
from dialer.compliance.permission import Refused
from dialer.entries.buckets import Buckets
from dialer.entries.choice import Held
from dialer.entries.states import EntryState, NumberState, zones_from
from dialer.entries.tables import entries, entry_numbers
from dialer.order.reasons import Waits

PROMOTED_AT_ONCE: Final = 1_000
_ASKED_AGAIN: Final = timedelta(days=1)
"""A consent may be given, and a limit be lifted, without anybody telling the list."""
_ON_THE_LINE: Final = timedelta(minutes=10)
OF_THE_NUMBER: Final = frozenset(
    {
        *(Refused.NOT_VALID, Refused.EMERGENCY, Refused.SHORT, Refused.PREMIUM, Refused.OWN),
        *(Refused.WRONG_NUMBER, Refused.DO_NOT_CALL, Refused.OPTED_OUT, Refused.ON_OWN_LIST),
        *(Refused.ON_CAMPAIGN_LIST, Refused.ON_NATIONAL_LIST, Refused.ZONE_UNKNOWN),
        Waits.NUMBER_GONE,
    }
)
"""What speaks against a number for good: the person's next one is tried instead."""

_E = entries.c
_NOW = bindparam("now", type_=_E.due_at.type)


def _due(state: EntryState) -> Any:
    of_campaign = _E.campaign_id == bindparam("campaign", type_=Integer)
    return (
        select(_E.id)
        .where(of_campaign, _E.state == state.value, _E.due_at <= _NOW)
        .order_by(_E.due_at, _E.id)
        .limit(PROMOTED_AT_ONCE)
    )


_PROMOTE = (
    update(entries)
    .where(_E.id.in_(_due(EntryState.WAITING)))
    .values(
        state=case((_E.needs_agent, EntryState.CERTAIN.value), else_=EntryState.READY.value),
        due_at=case((_E.needs_agent, _E.anybody_at), else_=null()),
        for_agent_id=case((_E.needs_agent, _E.callback_agent_id), else_=null()),
    )
)
_FREE = (
    update(entries)
    .where(_E.id.in_(_due(EntryState.CERTAIN)))
    .values(for_agent_id=None, due_at=None, anybody_at=None)
)


async def promote(tx: Write, campaign_id: int, at: datetime) -> int:
    """Make ready what has become due, PROMOTED_AT_ONCE at most; how many. A callback whose operator
    has been away for too long is for anybody."""
    given = {"campaign": campaign_id, "now": at}
    promoted = (await tx.execute(_PROMOTE, given)).rowcount
    await tx.execute(_FREE, given)
    return int(promoted)


async def hold(tx: Write, campaign_id: int, held: Sequence[Held], at: datetime) -> None:
    """Take those who may not be dialled out of the way until they may."""
    for each in held:
        if each.reason in OF_THE_NUMBER:
            continue
        if each.reason is Waits.CLIENT_GONE:
            await put(tx, each.entry_id, over(Waits.CLIENT_GONE))
        else:
            until = _until(each, at)
            values = {"state": EntryState.WAITING.value, "reason": each.reason.value}
            await put(tx, each.entry_id, {**values, "due_at": until})
    numbers = [each for each in held if each.reason in OF_THE_NUMBER]
    if numbers:
        buckets = Buckets(tx, campaign_id, at)
        for each in numbers:
            await refuse_number(tx, buckets, each.entry_id, each.reason)


def _until(held: Held, at: datetime) -> datetime:
    if held.reason is Waits.BEING_CALLED:
        return at + _ON_THE_LINE
    return at + _ASKED_AGAIN if held.until is None else min(held.until, at + timedelta(days=366))


def over(reason: Waits | Refused) -> dict[str, Any]:
    """The values of an entry that is never dialled again."""
    return {"state": EntryState.NEVER.value, "reason": reason.value, "due_at": None}


async def put(tx: Write, entry_id: int, values: Mapping[str, Any]) -> None:
    """Set these columns of an entry."""
    await tx.execute(update(entries).where(_E.id == entry_id).values(**values))


async def refuse_number(
    tx: Write, buckets: Buckets, entry_id: int, reason: Refused | Waits
) -> None:
    """Never dial the entry's present number again, but the next of its own; none left: never."""
    query = select(_E.position, _E.segment).where(_E.id == entry_id)
    position, segment = (await tx.execute(query)).one()
    await mark_number(tx, entry_id, position, NumberState.REFUSED)
    left = [each for each in await numbers_of(tx, entry_id) if each["state"] == NumberState.OK]
    if not left:
        await put(tx, entry_id, over(reason))
        return
    after = [each for each in left if each["position"] > position]
    values = await standing_at(buckets, (after or left)[0], segment)
    # Due at once: the next choice judges it.
    await put(tx, entry_id, {**values, "reason": Waits.NEXT_NUMBER.value})


async def standing_at(buckets: Buckets, number: Mapping[str, Any], segment: str) -> dict[str, Any]:
    """The columns of an entry whose next number is this one."""
    zones = zones_from(number["zones"])
    return {
        "e164": number["e164"],
        "position": number["position"],
        "bucket_id": await buckets.of(zones, segment, number["kind"]),
    }


async def mark_number(tx: Write, entry_id: int, position: int, state: NumberState) -> None:
    """What has become of one of an entry's numbers."""
    of = entry_numbers.c
    mine = (of.entry_id == entry_id) & (of.position == position)
    await tx.execute(update(entry_numbers).where(mine).values(state=state.value))


async def numbers_of(tx: Write, entry_id: int) -> list[Mapping[str, Any]]:
    """All numbers of an entry in their order."""
    of = entry_numbers.c
    query = select(of.position, of.e164, of.kind, of.zones, of.state)
    found = await tx.execute(query.where(of.entry_id == entry_id).order_by(of.position))
    return [*found.mappings()]


def positions(numbers: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Of those that may be tried."""
    return tuple(each["position"] for each in numbers if each["state"] == NumberState.OK)
