"""Entries are lent to whoever dials them: chosen, judged, written down as attempts and lent in one
transaction, before anybody is dialled.

What a dead process left is taken back. Nobody is dialled twice.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clock import Clock
from crm_core.errors import Invalid
from crm_core.storage.engine import Storage, Write
from dialer.campaigns.own_numbers import OwnNumbers
from dialer.campaigns.queries import Campaign, get_campaign
from dialer.campaigns.states import CampaignState
from dialer.campaigns.tables import attempts
from dialer.entries.choice import Law, Rules
from dialer.entries.choosing import MOST_AT_ONCE, SPARE, choose
from dialer.entries.hours_learned import scores_of
from dialer.entries.lending import LEASE_SECONDS, Leased, lend
from dialer.entries.moving import hold, promote
from dialer.entries.onward import LawOf
from dialer.entries.releasing import Ended, release_attempt, release_lost
from dialer.entries.states import EntryState
from dialer.entries.tables import entries
from dialer.order.best_hours import Scores
from dialer.profiles.queries import get_profile

_SPARE: Final = (SPARE, 64, 128, 256)
"""Looked at beyond what is asked for, one choice after another, where many may not be dialled."""
_SCORES_MINUTES: Final = 10
_PROGRESS: Final = frozenset(
    {
        *("ring_started_at", "answered_at", "greeting_ended_at", "connected_at"),
        *("message_played_at", "opted_out_at", "machine_result", "agent_id", "call_id"),
    }
)


@dataclass(frozen=True, slots=True)
class Lease:
    """What was lent; `held`: how many were met and may not be dialled."""

    leased: tuple[Leased, ...]
    held: int


async def law_in_force(connection: AsyncConnection, key: str) -> Law:
    """The office's profile of that key, or the built-in one. Raises NotFound."""
    kept = await get_profile(connection, key)
    return Law(kept.profile, kept.version)


class Leases:
    """Lends entries and takes them back. `key` is this run's of this process, never used
    before; `own` are the office's numbers, none but what campaigns show where it is not given;
    `zone` is its calendar's.

    A write of each is some milliseconds; none waits for the telephone.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        key: str,
        law_of: LawOf = law_in_force,
        own: OwnNumbers | None = None,
        zone: tzinfo = UTC,
        new_id: Callable[[], str] = lambda: f"perezvon-{uuid4().hex}",
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._law_of = law_of
        self._key = key
        self._own = own or OwnNumbers()
        self._zone = zone
        self._new_id = new_id
        self._scores = Scores()
        self._scores_until: datetime | None = None

    async def lease(
        self,
        campaign_id: int,
        count: int,
        *,
        reason: Mapping[str, Any] | None = None,
        sure: int | None = None,
        present: Collection[int] = (),
    ) -> Lease:
        """The next `count` entries, or fewer; see `choose`. None of a campaign that does not run.

        `reason` is the pacing decision, kept with each attempt.
        """
        now = self._clock.now()
        async with self._storage.write() as tx:
            campaign = await get_campaign(tx.connection, campaign_id)
            is_on = campaign.is_on(now.astimezone(self._zone).date())
            if campaign.state is not CampaignState.RUNNING or not is_on or count <= 0:
                return Lease((), 0)
            rules = await self._rules(tx.connection, campaign, now)
            await promote(tx, campaign_id, now)
            leased: list[Leased] = []
            held = 0
            for spare in _SPARE:
                wanted = min(count, MOST_AT_ONCE) - len(leased)
                left = None if sure is None else max(0, sure - len(leased))
                choice = await choose(
                    tx.connection, rules, now, wanted, sure=left, present=present, spare=spare
                )
                await hold(tx, campaign_id, choice.held, now)
                leased += await lend(
                    tx,
                    rules,
                    choice.chosen,
                    now,
                    key=self._key,
                    reason=reason or {},
                    new_id=self._new_id,
                )
                held += len(choice.held)
                if len(leased) >= count or not choice.held:
                    break
        return Lease(tuple(leased), held)

    async def note(self, channel_id: str, **progress: object) -> bool:
        """What the telephone says of an attempt that goes on (columns of `attempts`); whether there
        is such a one. What was noted first stands."""
        if not set(progress) <= _PROGRESS:
            raise Invalid("progress", "unknown_field")
        told = {name: func.coalesce(attempts.c[name], value) for name, value in progress.items()}
        mine = (attempts.c.channel_id == channel_id) & attempts.c.ended_at.is_(None)
        async with self._storage.write() as tx:
            done = await tx.execute(update(attempts).where(mine).values(**told))
        return bool(done.rowcount)

    async def renew(self, channel_ids: Collection[str]) -> None:
        """These go on: keep them for another LEASE_SECONDS."""
        until = self._clock.now() + timedelta(seconds=LEASE_SECONDS)
        ids = [*channel_ids]
        async with self._storage.write() as tx:
            for begin in range(0, len(ids), MOST_AT_ONCE):
                of = attempts.c
                piece = of.channel_id.in_(ids[begin : begin + MOST_AT_ONCE])
                mine = select(of.entry_id).where(piece, of.ended_at.is_(None))
                change = update(entries).where(
                    entries.c.id.in_(mine), entries.c.state == EntryState.LEASED.value
                )
                await tx.execute(change.values(leased_until=until, lease_key=self._key))

    async def release(self, channel_id: str, ended: Ended) -> bool:
        """The attempt is over: its entry waits for its next, or is done with. False where that was
        said before, or there is no such attempt."""
        async with self._storage.write() as tx:
            return await release_attempt(tx, self._law_of, channel_id, ended, self._clock.now())

    async def reclaim(self, alive: Collection[str] = ()) -> int:
        """Take back what nobody dials any more; how many. `alive` are the channels that exist: they
        are kept.

        At the start of a process, whatever another key has; later, what was not renewed.
        """
        now = self._clock.now()
        kept = frozenset(alive)
        count = 0
        while True:
            async with self._storage.write() as tx:
                lost = await self._lost(tx, now, kept)
                for attempt_id in lost:
                    await release_lost(tx, self._law_of, attempt_id, now)
            count += len(lost)
            if len(lost) < _IN_ONE_WRITE:
                break
        await self.renew(kept)
        return count

    async def _lost(self, tx: Write, now: datetime, kept: frozenset[str]) -> list[int]:
        stale = (entries.c.leased_until <= now) | (entries.c.lease_key != self._key)
        query = (
            select(attempts.c.id, attempts.c.channel_id)
            .join(entries, entries.c.id == attempts.c.entry_id)
            .where(entries.c.state == EntryState.LEASED.value, stale, attempts.c.ended_at.is_(None))
            .order_by(attempts.c.id)
        )
        found = (await tx.execute(query.limit(_IN_ONE_WRITE + len(kept)))).all()
        return [row.id for row in found if row.channel_id not in kept][:_IN_ONE_WRITE]

    async def _rules(self, connection: AsyncConnection, campaign: Campaign, now: datetime) -> Rules:
        if self._scores_until is None or now >= self._scores_until:
            self._scores = await scores_of(connection, now)
            self._scores_until = now + timedelta(minutes=_SCORES_MINUTES)
        law = await self._law_of(connection, campaign.profile_key)
        own = await self._own.read(connection)
        return Rules(campaign, law, own, self._scores, self._zone)


_IN_ONE_WRITE: Final = 100
