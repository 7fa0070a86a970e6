"""People are put on a campaign's list, piece by piece and each number once; of who is not put on it
the reason is told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Select, insert, select

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.clients.access import visible_clients
from crm_core.clients.tables import client_numbers, clients, contact_points
from crm_core.clock import Clock
from crm_core.errors import Invalid
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line, whole
from dialer.campaigns.access import access_campaign
from dialer.campaigns.events import EntriesChanged
from dialer.campaigns.own_numbers import OwnNumbers
from dialer.campaigns.settings import LONGEST_SEGMENT
from dialer.compliance.permission import Refused
from dialer.compliance.special_numbers import special
from dialer.compliance.zones import zones_of
from dialer.entries.buckets import Buckets
from dialer.entries.states import EntryState, zones_text
from dialer.entries.tables import entries, entry_numbers
from dialer.order.best_hours import NumberKind
from dialer.order.ranking import HIGHEST_PRIORITY, rank

IN_ONE_WRITE: Final = 200
"""Clients: some tens of milliseconds, for which the journal may have to wait."""
MOST_NUMBERS: Final = 8  # of one entry
MOST_TOLD: Final = 100


class NotLoaded(StrEnum):
    """Why somebody was not put on the list."""

    ALREADY_LISTED = "already_listed"  # he or his number
    NO_NUMBER = "no_number"
    NO_VALID_NUMBER = "no_valid_number"
    DO_NOT_CALL = "do_not_call"
    SPECIAL_NUMBER = "special_number"  # premium, short, emergency
    OWN_NUMBER = "own_number"  # the office's
    ZONE_UNKNOWN = "zone_unknown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How people are put on the list. `mobile_first`: else the numbers are tried as the card lists
    them. `requested_at`: they asked themselves, and minutes matter."""

    segment: str = ""
    priority: int = 5
    mobile_first: bool = True
    requested_at: datetime | None = None
    source: str = ""


@dataclass(slots=True)
class Loaded:
    """What became of it: how many were put on the list, how many not and why; `told` are the first
    of these, client id and reason."""

    added: int = 0
    not_loaded: Counter[NotLoaded] = field(default_factory=Counter)
    told: list[tuple[int, NotLoaded]] = field(default_factory=list)

    def leave_out(self, client_id: int, reason: NotLoaded) -> None:
        """Somebody is not put on the list."""
        self.not_loaded[reason] += 1
        if len(self.told) < MOST_TOLD:
            self.told.append((client_id, reason))


@dataclass(frozen=True, slots=True)
class _Number:
    e164: str
    kind: NumberKind
    zones: frozenset[str]


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
        numbers = await _numbers(tx, ids)
        addresses = await _addresses(tx, ids)
        taken = await _taken(tx, campaign_id, numbers)
        here = await _here(tx, campaign_id, ids)
        own = await self._own.read(tx.connection)
        found: list[tuple[int, list[_Number]]] = []
        for client_id in ids:
            usable, reason = self._usable(
                numbers.get(client_id, ()), addresses.get(client_id, ""), wanted, own
            )
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

    def _usable(
        self,
        numbers: Iterable[Mapping[str, Any]],
        address: str,
        wanted: Wanted,
        own: frozenset[str],
    ) -> tuple[list[_Number], NotLoaded]:
        """Numbers that may be dialled at all, in order; and if there are none, why."""
        reason = NotLoaded.NO_NUMBER
        usable: dict[str, _Number] = {}
        for row in numbers:
            e164 = row["e164"]
            refused = None if e164 is None else special(e164, self._country, own)
            zones = frozenset() if e164 is None else zones_of(e164, address)
            if e164 is None or refused is Refused.NOT_VALID or row["wrong"]:
                reason = NotLoaded.NO_VALID_NUMBER
            elif row["do_not_call"]:
                reason = NotLoaded.DO_NOT_CALL
            elif refused is Refused.OWN:
                reason = NotLoaded.OWN_NUMBER
            elif refused is not None:
                reason = NotLoaded.SPECIAL_NUMBER
            elif not zones:
                reason = NotLoaded.ZONE_UNKNOWN
            else:
                kind = NumberKind.MOBILE if row["mobile"] else NumberKind.LANDLINE
                usable[e164] = _Number(e164, kind, zones)
        ordered = list(usable.values())
        if wanted.mobile_first:
            ordered.sort(key=lambda each: each.kind is not NumberKind.MOBILE)
        return ordered, reason

    async def _insert(
        self,
        tx: Write,
        campaign_id: int,
        found: Sequence[tuple[int, list[_Number]]],
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
    campaign_id: int, ids: Sequence[int], found: Sequence[tuple[int, list[_Number]]]
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


def checked(wanted: Wanted) -> Wanted:
    """As it is kept. Invalid: segment, priority, source, requested_at."""
    if wanted.requested_at is not None and wanted.requested_at.tzinfo is None:
        raise Invalid("requested_at", "not_a_date")
    return Wanted(
        line("segment", wanted.segment, limit=LONGEST_SEGMENT, required=False),
        whole("priority", wanted.priority, least=0, most=HIGHEST_PRIORITY),
        wanted.mobile_first,
        wanted.requested_at,
        line("source", wanted.source, limit=200, required=False),
    )


async def _next_ids(
    tx: Write, actor: Agent, chosen: Select[tuple[int]], last_id: int
) -> Sequence[int]:
    query = select(clients.c.id).where(
        clients.c.id.in_(chosen), clients.c.id > last_id, visible_clients(actor, Action.SEE)
    )
    found = await tx.execute(query.order_by(clients.c.id).limit(IN_ONE_WRITE))
    return [int(each) for each in found.scalars()]


async def _numbers(tx: Write, ids: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    of = client_numbers.c
    query = select(of.client_id, of.e164, of.mobile, of.wrong, of.do_not_call)
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in (await tx.execute(query.where(of.client_id.in_(ids)).order_by(of.id))).mappings():
        found.setdefault(row["client_id"], []).append(row)
    return found


async def _addresses(tx: Write, ids: Sequence[int]) -> dict[int, str]:
    """The address of each that has one; of several the last, which is the newest."""
    of = contact_points.c
    query = select(of.client_id, of.written).where(
        of.client_id.in_(ids), of.kind == "address", of.wrong.is_(False)
    )
    found = await tx.execute(query.order_by(of.id))
    return {row.client_id: row.written for row in found}


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
