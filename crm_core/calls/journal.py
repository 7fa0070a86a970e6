"""Facts into the call log: a batch is told to the stories in memory, then written in one go.

Live calls stay in memory between batches (the journal alone writes these columns), so a fact costs
a dictionary look-up and its share of a few statements. What fails is forgotten and read again from
the tables.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.calls import story as stories
from crm_core.calls.cleaning import KEY, clean
from crm_core.calls.completing import on_call_retold
from crm_core.calls.ending import on_call_ended, orphan_record
from crm_core.calls.shelf import find_aliases, find_new, find_stories, write_stories, written
from crm_core.calls.story import Knowledge, Story
from crm_core.calls.tables import calls
from crm_core.storage.engine import Write
from telephony import events as facts
from telephony.events import CallEnded, CallFact, CallRetold, CallsJoined, EndedBy, Fact
from telephony.ids import CallId

LinkNumbers = Callable[[AsyncConnection, Collection[str]], Awaitable[Mapping[str, int]]]
"""For each of the stored numbers that means exactly one client (or a remembered one): which."""

_TELL: Final[Mapping[type[CallFact], Callable[[Story, Any, Knowledge], None]]] = {
    facts.CallStarted: stories.on_call_started,
    facts.CallDescribed: stories.on_call_described,
    facts.CallQueued: stories.on_call_queued,
    facts.CallLeftQueue: stories.on_call_left_queue,
    facts.CallOffered: stories.on_call_offered,
    facts.OfferEnded: stories.on_offer_ended,
    facts.CallAnswered: stories.on_call_answered,
    facts.CallLeft: stories.on_call_left,
    facts.CallHeld: stories.on_call_held,
    facts.CallResumed: stories.on_call_resumed,
    facts.CallTransferred: stories.on_call_transferred,
    facts.CallEnded: on_call_ended,
}


class Journal:
    """`apply` inside a write transaction, then `committed` or `forget`, according to its fate."""

    def __init__(self, knowledge: Knowledge, link_numbers: LinkNumbers) -> None:
        self._knowledge = knowledge
        self._link_numbers = link_numbers
        self._live: dict[str, Story] = {}
        self._aliases: dict[str, str] = {}
        self._touched: dict[str, Story] = {}

    @property
    def live_count(self) -> int:
        """How many calls are held in memory."""
        return len(self._live)

    async def apply(self, tx: Write, batch: Sequence[Fact]) -> list[Fact]:
        """Record `batch` in order; the same facts, under the ids of the calls that survive. What
        the exchange's log tells becomes the end of the call it completes, or nothing."""
        ours = [fact for fact in batch if isinstance(fact, CallFact)]
        if not ours:
            return list(batch)
        await self._read(tx.connection, _ids_of(ours))
        understood = [self._tell(fact) if isinstance(fact, CallFact) else fact for fact in batch]
        await self._write(tx)
        return [fact for fact in understood if fact is not None]

    def committed(self) -> None:
        """The transaction of the last `apply` is kept: let go of the calls that are over."""
        for story in self._touched.values():
            written(story)
            if story.ended:
                self._let_go(story.call_id)
        self._touched.clear()

    def forget(self) -> None:
        """The transaction failed: what is in memory of its calls is not what is stored."""
        for call_id in list(self._touched):
            self._let_go(call_id)
        self._touched.clear()

    async def close_orphans(
        self, tx: Write, live_call_ids: Collection[str], at: datetime
    ) -> list[CallEnded]:
        """End every open call begun by `at` that is not among `live_call_ids`, by any of its
        linkedids."""
        is_open = calls.c.ended_at.is_(None) & (calls.c.started_at <= at)
        rows = await tx.execute(select(calls.c.call_id).where(is_open))
        open_ids = {call_id for (call_id,) in rows}
        await self._read(tx.connection, open_ids)
        live = set(live_call_ids)
        ended = [
            CallEnded(at=at, call_id=CallId(call_id), record=orphan_record(story, at))
            for call_id in sorted(open_ids)
            if (story := self._live.get(call_id)) and not live & {call_id, *story.linkedids}
        ]
        for fact in ended:
            self._tell(fact)
        await self._write(tx)
        return ended

    async def _read(self, connection: AsyncConnection, ids: Iterable[str]) -> None:
        unknown = {each for each in ids if each not in self._live and each not in self._aliases}
        unknown -= await find_new(connection, unknown)
        if not unknown:
            return
        aliases = await find_aliases(connection, unknown)
        found = await find_stories(connection, unknown | set(aliases.values()))
        self._live.update(
            {call_id: story for call_id, story in found.items() if call_id not in self._live}
        )
        self._aliases.update(
            {
                alias: call_id
                for alias, call_id in aliases.items()
                if alias not in self._live and call_id in self._live
            }
        )
        # Read but perhaps not written to: it is let go with the rest if it is over.
        self._touched.update(found)

    def _tell(self, fact: CallFact) -> CallFact | None:
        call_id = self._now_called(fact.call_id)
        if call_id != fact.call_id:
            fact = _renamed(fact, call_id)
        if isinstance(fact, CallsJoined):
            self._join(fact)
            return fact
        story = self._touch(call_id, fact.at)
        if isinstance(fact, CallRetold):
            return self._complete(story, fact)
        if story.ended and not isinstance(fact, CallEnded):
            if not _lives_after_all(story, fact):
                return fact
            _reopen(story)
        _TELL[type(fact)](story, fact, self._knowledge)
        return fact

    def _complete(self, story: Story, fact: CallRetold) -> CallEnded | None:
        record = on_call_retold(story, fact, self._knowledge)
        if record is None or fact.is_history:
            return None
        return CallEnded(at=fact.at, call_id=fact.call_id, record=record)

    def _now_called(self, call_id: str) -> str:
        call_id = clean(call_id, KEY)
        return self._aliases.get(call_id, call_id)

    def _touch(self, call_id: str, at: datetime) -> Story:
        story = self._live.get(call_id)
        if story is None:
            story = self._live[call_id] = Story(call_id, at)
            story.add_linkedids(call_id)
        self._touched[call_id] = story
        return story

    def _join(self, fact: CallsJoined) -> None:
        absorbed_id = self._now_called(fact.absorbed_id)
        if absorbed_id == fact.call_id:
            return
        survivor = self._touch(fact.call_id, fact.at)
        absorbed = self._live.pop(absorbed_id, None) or Story(absorbed_id, survivor.started_at)
        self._touched.pop(absorbed_id, None)
        stories.absorb(survivor, absorbed)
        for alias, call_id in list(self._aliases.items()):
            if call_id == absorbed_id:
                self._aliases[alias] = fact.call_id
        self._aliases[absorbed_id] = fact.call_id

    async def _write(self, tx: Write) -> None:
        touched = list(self._touched.values())
        relinked = await self._link(tx.connection, touched)
        await write_stories(tx, touched, relinked)

    async def _link(self, connection: AsyncConnection, touched: Iterable[Story]) -> list[Story]:
        asking = [story for story in touched if story.to_link]
        numbers = {story.number for story in asking if story.number}
        known = await self._link_numbers(connection, numbers) if numbers else {}
        for story in asking:
            story.client_id = known.get(story.number)
        return [story for story in asking if story.stored]

    def _let_go(self, call_id: str) -> None:
        self._live.pop(call_id, None)
        self._aliases = {a: c for a, c in self._aliases.items() if c != call_id}


def _ids_of(batch: Iterable[CallFact]) -> set[str]:
    ids = {clean(fact.call_id, KEY) for fact in batch}
    return ids | {clean(f.absorbed_id, KEY) for f in batch if isinstance(f, CallsJoined)}


def _renamed(fact: CallFact, call_id: str) -> CallFact:
    if isinstance(fact, CallEnded | CallRetold):
        record = replace(fact.record, call_id=CallId(call_id))
        return replace(fact, call_id=CallId(call_id), record=record)
    return replace(fact, call_id=CallId(call_id))


def _lives_after_all(story: Story, fact: CallFact) -> bool:
    """We had closed it ourselves as gone from the exchange, and now it is heard of again."""
    by_us = story.ended_by == EndedBy.SYSTEM and not story.complete
    return by_us and story.ended_at is not None and fact.at > story.ended_at


def _reopen(story: Story) -> None:
    story.ended_at, story.outcome, story.ended_by = None, None, None
    story.dirty = True
