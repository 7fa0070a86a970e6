"""A campaign's list is kept: people are taken off it, what is over is begun again, and who was held
back by the law is looked at once more."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clock import Clock
from crm_core.errors import Invalid
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, whole
from dialer.campaigns.access import access_campaign
from dialer.campaigns.events import EntriesChanged
from dialer.compliance.permission import Refused
from dialer.entries.buckets import Buckets
from dialer.entries.changes import (
    Before,
    Change,
    ChangeKind,
    KeptChange,
    get_change,
    mark_undone,
    rows_before,
)
from dialer.entries.moving import numbers_of, over, put, standing_at
from dialer.entries.states import EntryState, NumberState
from dialer.entries.tables import entries
from dialer.order.ranking import HIGHEST_PRIORITY, rank
from dialer.order.reasons import Waits

IN_ONE_WRITE: Final = 100
RECYCLABLE: Final = frozenset(
    {
        *(Waits.GIVEN_UP, Waits.ATTEMPTS_USED_UP, Waits.NUMBERS_USED_UP),
        *(Waits.TALKED, Waits.COMPLETED, Waits.NUMBER_GONE),
        *(Refused.ON_NATIONAL_LIST, Refused.ON_CAMPAIGN_LIST, Refused.ZONE_UNKNOWN),
    }
)
"""Ends after which a person may be begun with again. Not: who refused, whose number is wrong, who
is gone, or was taken off by a person."""
_E = entries.c


class ListKeeping:
    """Commands of those who lead, audited; piece by piece, so that nobody waits long."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def remove(self, actor: Agent, campaign_id: int, entry_ids: Collection[int]) -> Change:
        """Never dial these any more; how many, and as what it can be taken back. Who is on the line
        just now stays."""
        change = await self._begin(actor, campaign_id, ChangeKind.REMOVED)
        open_ones = _E.state.in_([each.value for each in _REMOVABLE])
        for piece in _pieces(entry_ids):
            async with self._storage.write() as tx:
                chosen = _E.id.in_(piece) & (_E.campaign_id == campaign_id) & open_ones
                await change.keep(tx, await rows_before(tx, chosen))
                await tx.execute(update(entries).where(chosen).values(**over(Waits.REMOVED)))
        await self._tell(actor, campaign_id, "removed_entries", count=change.count)
        return change

    async def prioritise(
        self, actor: Agent, campaign_id: int, entry_ids: Collection[int], priority: int
    ) -> Change:
        """Give these another priority; as `remove`. Invalid("priority")."""
        whole("priority", priority, least=0, most=HIGHEST_PRIORITY)
        change = await self._begin(actor, campaign_id, ChangeKind.PRIORITISED, priority)
        for piece in _pieces(entry_ids):
            async with self._storage.write() as tx:
                chosen = _E.id.in_(piece) & (_E.campaign_id == campaign_id)
                await change.keep(tx, await rows_before(tx, chosen))
                for row in await _rows(tx, _of(campaign_id).where(_E.id.in_(piece))):
                    await put(tx, row["id"], _ranked({**row, "priority": priority}))
        told = {"count": change.count, "to": priority}
        await self._tell(actor, campaign_id, "prioritised_entries", **told)
        return change

    async def undo(self, actor: Agent, change_id: int) -> tuple[int, int]:
        """Take a `remove` or a `prioritise` back: the campaign, and how many are as they were.
        Whoever was changed otherwise since stays as he is. NotFound, Forbidden;
        Conflict("undone_already")."""
        async with self._storage.read() as connection:
            change = await get_change(connection, change_id)
        await self._enter(actor, change.campaign_id)
        done = 0
        for begin in range(0, len(change.before), IN_ONE_WRITE):
            async with self._storage.write() as tx:
                if not begin:
                    await get_change(tx.connection, change_id)
                    await mark_undone(tx, change_id, actor, self._clock.now())
                for before in change.before[begin : begin + IN_ONE_WRITE]:
                    done += await _put_back(tx, change, before)
        await self._tell(actor, change.campaign_id, "entries_put_back", count=done)
        return change.campaign_id, done

    async def recycle(
        self, actor: Agent, campaign_id: int, reasons: Collection[Waits | Refused]
    ) -> int:
        """Begin again with those who are over for one of these reasons; how many.

        Invalid("reasons", "not_a_choice") for one that is not RECYCLABLE.
        """
        if not reasons or not set(reasons) <= RECYCLABLE:
            raise Invalid("reasons", "not_a_choice")
        await self._enter(actor, campaign_id)
        words = sorted(each.value for each in reasons)
        ended = _E.state.in_([EntryState.DONE.value, EntryState.NEVER.value])
        chosen = _of(campaign_id).where(ended, _E.reason.in_(words))
        done, last_id = 0, 0
        while True:
            async with self._storage.write() as tx:
                rows = await _rows(tx, chosen.where(_E.id > last_id).limit(IN_ONE_WRITE))
                now = self._clock.now()
                buckets = Buckets(tx, campaign_id, now)
                for row in rows:
                    done += await _begin_again(tx, buckets, row, now)
            if len(rows) < IN_ONE_WRITE:
                break
            last_id = rows[-1]["id"]
        await self._tell(actor, campaign_id, "recycled", count=done, reasons=words)
        return done

    async def look_again(self, client_ids: Collection[int]) -> None:
        """Something has changed about these people (a consent was given): who waits because of the
        law is judged anew at the next choice."""
        ids, words = sorted(client_ids), [each.value for each in Refused]
        now = self._clock.now()
        for begin in range(0, len(ids), IN_ONE_WRITE):
            async with self._storage.write() as tx:
                change = update(entries).where(
                    _E.client_id.in_(ids[begin : begin + IN_ONE_WRITE]),
                    _E.state == EntryState.WAITING.value,
                    _E.reason.in_(words),
                )
                await tx.execute(change.values(due_at=now))

    async def on_client_changed(self, fact: ClientChanged) -> None:
        """A consent was given or taken back, a number put right."""
        await self.look_again([fact.client_id])

    async def _begin(
        self, actor: Agent, campaign_id: int, kind: ChangeKind, priority: int | None = None
    ) -> Change:
        await self._enter(actor, campaign_id)
        return Change(campaign_id, kind, self._clock.now(), actor.id, priority)

    async def _enter(self, actor: Agent, campaign_id: int) -> None:
        async with self._storage.read() as connection:
            await access_campaign(connection, actor, campaign_id, Action.EDIT)

    async def _tell(self, actor: Agent, campaign_id: int, action: str, **details: Any) -> None:
        async with self._storage.write() as tx:
            now = self._clock.now()
            await audit.record(tx, now, actor.id, action, "campaign", campaign_id, **details)
            tx.announce(EntriesChanged(campaign_id))


_REMOVABLE: Final = (EntryState.WAITING, EntryState.READY, EntryState.CERTAIN)


def _pieces(entry_ids: Collection[int]) -> Iterator[list[int]]:
    ids = sorted({existing_id(each) for each in entry_ids})
    for begin in range(0, len(ids), IN_ONE_WRITE):
        yield ids[begin : begin + IN_ONE_WRITE]


async def _put_back(tx: Write, change: KeptChange, before: Before) -> bool:
    """Whether it was still as the change had left it."""
    mine = _E.id == before.entry_id
    if change.kind is ChangeKind.REMOVED:
        removed = (_E.state == EntryState.NEVER.value) & (_E.reason == Waits.REMOVED.value)
        values = {"state": before.state, "reason": before.reason, "due_at": before.due_at}
        return bool(
            (await tx.execute(update(entries).where(mine, removed).values(values))).rowcount
        )
    given = _of(change.campaign_id).where(mine, _E.priority == change.priority)
    rows = await _rows(tx, given)
    for row in rows:
        await put(tx, row["id"], _ranked({**row, "priority": before.priority}))
    return bool(rows)


def _of(campaign_id: int) -> Select[Any]:
    columns = (_E.id, _E.segment, _E.priority, _E.attempts, _E.requested_at, _E.round)
    promise = (_E.needs_agent, _E.callback_at, _E.due_at)
    return select(*columns, *promise).where(_E.campaign_id == campaign_id).order_by(_E.id)


async def _rows(tx: Write, query: Select[Any]) -> Sequence[Mapping[str, Any]]:
    return [*(await tx.execute(query)).mappings()]


def _ranked(row: Mapping[str, Any]) -> dict[str, Any]:
    promised_at = (row["callback_at"] or row["due_at"]) if row["needs_agent"] else None
    place = rank(
        row["priority"],
        row["attempts"],
        promised_at=promised_at,
        requested_at=row["requested_at"],
    )
    return {"priority": row["priority"], "rank": place}


async def _begin_again(tx: Write, buckets: Buckets, row: Mapping[str, Any], now: datetime) -> bool:
    """Whether there is a number left to begin with."""
    numbers = await numbers_of(tx, row["id"])
    left = [each for each in numbers if each["state"] == NumberState.OK]
    if not left:
        return False
    fresh = {**row, "attempts": 0, "needs_agent": False}
    values = {
        **await standing_at(buckets, left[0], row["segment"]),
        **_ranked(fresh),
        "state": EntryState.READY.value,
        "reason": "",
        "due_at": None,
        "attempts": 0,
        "needs_agent": False,
        "callback_at": None,
        "callback_agent_id": None,
        "anybody_at": None,
        "for_agent_id": None,
        "round": row["round"] + 1,
        "started_at": now,
    }
    await put(tx, row["id"], values)
    return True
