"""The do-not-call lists themselves: made, renamed, given up; and how they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Select, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import id_of
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line, whole
from dialer.campaigns.tables import campaigns
from dialer.do_not_call.access import require_keeper
from dialer.do_not_call.kinds import OPT_OUTS, ImportState, ListKind
from dialer.do_not_call.tables import (
    do_not_call_imports,
    do_not_call_lists,
    do_not_call_numbers,
)

FRESH_DAYS: Final = {"US": 31}
"""Within how many days before a call a national list must have been obtained: 16 CFR
310.4(b)(3)(iv). Elsewhere the office says so itself."""
MOST_DAYS: Final = 3_650


@dataclass(frozen=True, slots=True)
class DoNotCallList:
    """A list; `campaign_id` of a campaign's, `country` of a national one."""

    id: int
    kind: str
    title: str
    country: str
    campaign_id: int | None
    fresh_days: int | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListInUse:
    """A list as it stands: how many `numbers` are on it; of a national one those of the import in
    force, which was complete at `imported_at` and is old from `expires_at` on."""

    list: DoNotCallList
    numbers: int
    imported_at: datetime | None
    expires_at: datetime | None
    source: str

    def is_old(self, at: datetime) -> bool:
        """Whether it should have been imported anew."""
        return self.expires_at is not None and self.expires_at <= at


async def list_lists(connection: AsyncConnection, *, retired: bool = False) -> list[ListInUse]:
    """Own, campaign, national; each by the order of making. `retired`: those given up instead."""
    since = do_not_call_lists.c.retired_at
    query = _in_use().where(since.is_not(None) if retired else since.is_(None))
    found = [_list_in_use(row) for row in (await connection.execute(query)).mappings()]
    return sorted(found, key=lambda each: (_ORDER[each.list.kind], each.list.id))


async def list_old_lists(connection: AsyncConnection, at: datetime) -> list[ListInUse]:
    """Those that still stop calls but that the law wants imported anew."""
    return [each for each in await list_lists(connection) if each.is_old(at)]


async def get_list(connection: AsyncConnection, list_id: int) -> DoNotCallList:
    """The list, unless it was given up. Raises NotFound."""
    mine = do_not_call_lists.c.id == existing_id(list_id)
    query = select(*_plain()).where(mine, do_not_call_lists.c.retired_at.is_(None))
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(list_id=list_id)
    return DoNotCallList(**row)


class DoNotCallLists:
    """Commands for those who keep the lists, audited."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def create(
        self,
        actor: Agent | None,
        kind: ListKind,
        title: str,
        *,
        campaign_id: int | None = None,
        country: str = "",
        fresh_days: int | None = None,
    ) -> int:
        """A new list; its id. Invalid: title required or too_long, campaign not_a_choice (a
        campaign's list needs one, another has none), country required of a national one,
        fresh_days out_of_range. A US list is to be renewed within 31 days unless fewer are said."""
        require_keeper(actor)
        title, now = line("title", title, limit=200), self._clock.now()
        row: dict[str, Any] = {"kind": kind.value, "title": title, "campaign_id": campaign_id}
        row["country"] = _country(kind, country)
        row["fresh_days"] = _fresh(row["country"], fresh_days)
        async with self._storage.write() as tx:
            await _check_campaign(tx, kind, campaign_id)
            row |= {"created_at": now, "created_by": id_of(actor)}
            list_id = await make(tx, row)
            told = {"title": title, "list_kind": kind.value}
            await audit.record(
                tx, now, id_of(actor), "created", "do_not_call_list", list_id, **told
            )
        return list_id

    async def rename(self, actor: Agent | None, list_id: int, title: str) -> None:
        """Call it otherwise. NotFound; Invalid("title"): required, too_long."""
        require_keeper(actor)
        title = line("title", title, limit=200)
        async with self._storage.write() as tx:
            known = await get_list(tx.connection, list_id)
            mine = do_not_call_lists.c.id == list_id
            await tx.execute(update(do_not_call_lists).where(mine).values(title=title))
            told = {"title": [known.title, title]}
            await self._note(tx, actor, "edited", list_id, told)

    async def retire(self, actor: Agent | None, list_id: int) -> None:
        """Give it up: it stops no calls any more, and can be brought back. NotFound; Conflict(
        "list_has_opt_outs") where people stand on it who wanted it themselves."""
        require_keeper(actor)
        async with self._storage.write() as tx:
            known = await get_list(tx.connection, list_id)
            if await _has_opt_outs(tx, list_id):
                raise Conflict("list_has_opt_outs")
            gone = {"retired_at": self._clock.now(), "retired_by": id_of(actor)}
            mine = do_not_call_lists.c.id == list_id
            await tx.execute(update(do_not_call_lists).where(mine).values(**gone))
            await self._note(tx, actor, "retired", list_id, {"title": known.title})

    async def bring_back(self, actor: Agent | None, list_id: int) -> None:
        """Undo `retire`. NotFound for one that was not given up."""
        require_keeper(actor)
        async with self._storage.write() as tx:
            lists = do_not_call_lists
            mine = and_(lists.c.id == existing_id(list_id), lists.c.retired_at.is_not(None))
            back = update(lists).where(mine).values(retired_at=None, retired_by=None)
            if not (await tx.execute(back)).rowcount:
                raise NotFound(list_id=list_id)
            await self._note(tx, actor, "restored", list_id, {})

    async def _note(
        self, tx: Write, actor: Agent | None, action: str, list_id: int, told: dict[str, Any]
    ) -> None:
        now = self._clock.now()
        await audit.record(tx, now, id_of(actor), action, "do_not_call_list", list_id, **told)


async def own_list(tx: Write, now: datetime) -> int:
    """The list on which stands who wants no calls at all: the first of the office's own, which is
    made where there is none yet."""
    lists = do_not_call_lists.c
    mine = and_(lists.kind == ListKind.OWN, lists.retired_at.is_(None))
    known = await tx.execute(select(lists.id).where(mine).order_by(lists.id).limit(1))
    found = known.scalar_one_or_none()
    return found or await make(tx, {"kind": ListKind.OWN.value, "created_at": now})


async def campaign_list(tx: Write, campaign_id: int, now: datetime) -> int:
    """The same for a campaign: the first of its own. NotFound for no such campaign."""
    lists = do_not_call_lists.c
    mine = and_(lists.campaign_id == campaign_id, lists.retired_at.is_(None))
    known = await tx.execute(select(lists.id).where(mine).order_by(lists.id).limit(1))
    found = known.scalar_one_or_none()
    if found is not None:
        return int(found)
    query = select(campaigns.c.title).where(campaigns.c.id == existing_id(campaign_id))
    title = (await tx.execute(query)).scalar_one_or_none()
    if title is None:
        raise NotFound(campaign_id=campaign_id)
    row = {"kind": ListKind.CAMPAIGN.value, "title": title, "campaign_id": campaign_id}
    return await make(tx, {**row, "created_at": now})


async def make(tx: Write, row: dict[str, Any]) -> int:
    """Insert a list; its id."""
    made = await tx.execute(insert(do_not_call_lists).values(**row))
    return int(made.inserted_primary_key[0])


_ORDER: Final = {kind.value: position for position, kind in enumerate(ListKind)}


def _plain() -> list[Column[Any]]:
    return [do_not_call_lists.c[name] for name in DoNotCallList.__dataclass_fields__]


def _in_use() -> Select[Any]:
    lists, imports, kept = do_not_call_lists.c, do_not_call_imports.c, do_not_call_numbers.c
    counted = select(func.count()).where(kept.list_id == lists.id, kept.removed_at.is_(None))
    newest = (
        select(func.max(imports.id))
        .where(imports.list_id == lists.id, imports.state == ImportState.IN_FORCE)
        .correlate(do_not_call_lists)
        .scalar_subquery()
    )
    return select(
        *_plain(),
        counted.correlate(do_not_call_lists).scalar_subquery().label("kept"),
        imports.numbers.label("imported"),
        imports.in_force_at.label("imported_at"),
        imports.expires_at,
        imports.source,
    ).outerjoin(do_not_call_imports, imports.id == newest)


def _list_in_use(row: Any) -> ListInUse:
    plain = DoNotCallList(**{name: row[name] for name in DoNotCallList.__dataclass_fields__})
    numbers = row["imported"] if plain.kind == ListKind.NATIONAL else row["kept"]
    times = row["imported_at"], row["expires_at"]
    return ListInUse(plain, numbers or 0, *times, row["source"] or "")


def _country(kind: ListKind, country: str) -> str:
    if kind is not ListKind.NATIONAL:
        return ""
    code = line("country", country, limit=2).upper()
    if len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise Invalid("country", "not_a_choice")
    return code


def _fresh(country: str, days: int | None) -> int | None:
    most = FRESH_DAYS.get(country)
    if days is None or not country:
        return most
    return whole("fresh_days", days, least=1, most=most or MOST_DAYS)


async def _check_campaign(tx: Write, kind: ListKind, campaign_id: int | None) -> None:
    if kind is not ListKind.CAMPAIGN:
        if campaign_id is not None:
            raise Invalid("campaign", "not_a_choice")
        return
    query = select(campaigns.c.id).where(campaigns.c.id == (campaign_id or 0))
    if (await tx.execute(query)).first() is None:
        raise Invalid("campaign", "not_a_choice")


async def _has_opt_outs(tx: Write, list_id: int) -> bool:
    kept = do_not_call_numbers.c
    query = select(kept.id).where(
        kept.list_id == list_id, kept.removed_at.is_(None), kept.how.in_(OPT_OUTS)
    )
    return (await tx.execute(query.limit(1))).first() is not None
