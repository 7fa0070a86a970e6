"""People are put on a campaign's list, piece by piece and each number once; of who is not put on it
the reason is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Select, insert, select

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import clients
from crm_core.clock import Clock
from crm_core.storage.engine import Storage, Write
from dialer.campaigns.access import access_campaign
from dialer.campaigns.events import EntriesChanged
from dialer.campaigns.own_numbers import OwnNumbers
from dialer.entries.buckets import Buckets
from dialer.entries.loaded import Loaded, NotLoaded, Wanted, checked
from dialer.entries.states import EntryState, zones_text
from dialer.entries.tables import entries, entry_numbers
from dialer.entries.usable_numbers import (
    UsableNumber,
    addresses_of,
    numbers_on_cards,
    usable_numbers,
)
from dialer.order.best_hours import NumberKind
from dialer.order.ranking import rank

IN_ONE_WRITE: Final = 200
"""Clients: some tens of milliseconds, for which the journal may have to wait."""
MOST_NUMBERS: Final = 8  # of one entry


class Loading:
    """Fills campaigns' lists; `country` is the office's, `own` its numbers."""

    def __init__(
        self, storage: Storage, clock: Clock, country: str, own: OwnNumbers | None = None
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country
        self._own = own or OwnNumbers()

    async def load(
        self,
        actor: Agent,
        campaign_id: int,
        chosen: Select[tuple[int]],
        wanted: Wanted | None = None,
        loaded: Loaded | None = None,
    ) -> Loaded:
        """Put those of the chosen clients on the list whom `actor` may see. Cut short, it may be
        begun again: nobody is put on it twice. Invalid: segment, priority, source.

        Who gives `loaded` sees it grow."""
        wanted = checked(wanted or Wanted())
        loaded, last_id = loaded or Loaded(), 0
        async with self._storage.read() as connection:
            await access_campaign(connection, actor, campaign_id, Action.EDIT)
        while True:
            async with self._storage.write() as tx:
                ids = await _next_ids(tx, actor, chosen, last_id)
                if ids:
                    await self._load(tx, campaign_id, ids, wanted, loaded)
                if len(ids) < IN_ONE_WRITE:
                    await self._tell(tx, actor, campaign_id, wanted, loaded)
                    return loaded
            last_id = ids[-1]

    async def _tell(
        self, tx: Write, actor: Agent, campaign_id: int, wanted: Wanted, loaded: Loaded
    ) -> None:
        told = {"added": loaded.added, "left_out": sum(loaded.not_loaded.values())}
        details = {**told, "segment": wanted.segment, "source": wanted.source}
        now = self._clock.now()
        await audit.record(tx, now, actor.id, "loaded", "campaign", campaign_id, **details)
        tx.announce(EntriesChanged(campaign_id))

    async def _load(
        self, tx: Write, campaign_id: int, ids: Sequence[int], wanted: Wanted, loaded: Loaded
    ) -> None:
        numbers = await numbers_on_cards(tx, ids)
        addresses = await addresses_of(tx, ids)
        taken = await _taken(tx, campaign_id, numbers)
        here = await _here(tx, campaign_id, ids)
        own = await self._own.read(tx.connection)
        found: list[tuple[int, list[UsableNumber]]] = []
        for client_id in ids:
            usable, reason = usable_numbers(
                numbers.get(client_id, ()), addresses.get(client_id, ""), self._country, own
            )
            if wanted.mobile_first:
                usable.sort(key=lambda each: each.kind is not NumberKind.MOBILE)
            new = [each for each in usable if each.e164 not in taken]
            if client_id in here or (usable and not new):
                loaded.leave_out(client_id, NotLoaded.ALREADY_LISTED)
            elif not new:
                loaded.leave_out(client_id, reason)
            else:
                taken.update(each.e164 for each in new)
                found.append((client_id, new[:MOST_NUMBERS]))
        await self._insert(tx, campaign_id, found, wanted)
        loaded.added += len(found)

    async def _insert(
        self,
        tx: Write,
        campaign_id: int,
        found: Sequence[tuple[int, list[UsableNumber]]],
        wanted: Wanted,
    ) -> None:
        if not found:
            return
        now = self._clock.now()
        buckets = Buckets(tx, campaign_id, now)
        place = rank(wanted.priority, 0, requested_at=wanted.requested_at)
        rows = [
            {
                "campaign_id": campaign_id,
                "client_id": client_id,
                "segment": wanted.segment,
                "priority": wanted.priority,
                "state": EntryState.READY.value,
                "bucket_id": await buckets.of(numbers[0].zones, wanted.segment, numbers[0].kind),
                "rank": place,
                "e164": numbers[0].e164,
                "requested_at": wanted.requested_at,
                "started_at": now,
                "created_at": now,
                "source": wanted.source,
            }
            for client_id, numbers in found
        ]
        statement = insert(entries).returning(entries.c.id, sort_by_parameter_order=True)
        ids = (await tx.execute(statement, rows)).scalars().all()
        await tx.execute(insert(entry_numbers), [*_number_rows(campaign_id, ids, found)])


def _number_rows(
    campaign_id: int, ids: Sequence[int], found: Sequence[tuple[int, list[UsableNumber]]]
) -> Iterator[dict[str, Any]]:
    for entry_id, (_, numbers) in zip(ids, found, strict=True):
        for position, each in enumerate(numbers):
            yield {
                "entry_id": entry_id,
                "position": position,
                "campaign_id": campaign_id,
                "e164": each.e164,
                "kind": each.kind.value,
                "zones": zones_text(each.zones),
            }


async def _next_ids(
    tx: Write, actor: Agent, chosen: Select[tuple[int]], last_id: int
) -> Sequence[int]:
    query = select(clients.c.id).where(
        clients.c.id.in_(chosen), clients.c.id > last_id, visible_clients(actor, Action.SEE)
    )
    found = await tx.execute(query.order_by(clients.c.id).limit(IN_ONE_WRITE))
    return [int(each) for each in found.scalars()]


async def _taken(
    tx: Write, campaign_id: int, numbers: Mapping[int, Sequence[Mapping[str, Any]]]
) -> set[str]:
    """Those of the numbers that are on the list already."""
    asked = {each["e164"] for rows in numbers.values() for each in rows} - {None}
    of = entry_numbers.c
    query = select(of.e164).where(of.campaign_id == campaign_id, of.e164.in_(asked))
    return set((await tx.execute(query)).scalars())


async def _here(tx: Write, campaign_id: int, ids: Sequence[int]) -> set[int]:
    of = entries.c
    query = select(of.client_id).where(of.client_id.in_(ids), of.campaign_id == campaign_id)
    return set((await tx.execute(query)).scalars())
