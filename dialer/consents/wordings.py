"""The words in which consents are asked for: kept once each, as they were, for ever."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import id_of
from crm_core.clock import Clock
from crm_core.errors import Invalid, NotFound
from crm_core.storage.engine import Storage
from crm_core.wording import existing_id, line, paragraphs
from dialer.consents.access import require_keeper
from dialer.consents.tables import consent_wordings

LONGEST_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Wording:
    """A text, never edited: another text under the same title is the next version."""

    id: int
    title: str
    version: int
    text: str
    created_at: datetime
    retired_at: datetime | None


async def list_wordings(
    connection: AsyncConnection, *, retired: bool | None = False
) -> list[Wording]:
    """By title, the newest version first; `retired=None` with those no longer used."""
    columns = [consent_wordings.c[name] for name in Wording.__dataclass_fields__]
    query = select(*columns).order_by(consent_wordings.c.title, consent_wordings.c.version.desc())
    if retired is not None:
        since = consent_wordings.c.retired_at
        query = query.where(since.is_not(None) if retired else since.is_(None))
    return [Wording(**row) for row in (await connection.execute(query)).mappings()]


class Wordings:
    """Commands for those who keep the registry, audited."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def add(self, actor: Agent | None, title: str, text: str) -> int:
        """The id of the text under this title, which is kept already where nothing is new. Invalid(
        "title" or "text"): required, too_long."""
        title = line("title", title, limit=200)
        text = paragraphs("text", text, limit=LONGEST_TEXT)
        if not text:
            raise Invalid("text", "required")
        require_keeper(actor)
        table, now = consent_wordings, self._clock.now()
        same = select(table.c.id).where(
            table.c.title == title, table.c.text == text, table.c.retired_at.is_(None)
        )
        latest = select(func.coalesce(func.max(table.c.version), 0)).where(table.c.title == title)
        async with self._storage.write() as tx:
            known = (await tx.execute(same.limit(1))).scalar_one_or_none()
            if known is not None:
                return int(known)
            version = (await tx.execute(latest)).scalar_one() + 1
            row = {"title": title, "version": version, "text": text, "created_at": now}
            made = await tx.execute(insert(table).values(**row, created_by=id_of(actor)))
            wording_id = int(made.inserted_primary_key[0])
            await audit.record(
                tx, now, id_of(actor), "created", "consent_wording", wording_id, title=title
            )
        return wording_id

    async def retire(self, actor: Agent | None, wording_id: int) -> None:
        """Nothing more is recorded in these words; what was stays. NotFound."""
        require_keeper(actor)
        now, table = self._clock.now(), consent_wordings
        async with self._storage.write() as tx:
            mine = (table.c.id == existing_id(wording_id)) & table.c.retired_at.is_(None)
            gone = update(table).where(mine).values(retired_at=now, retired_by=id_of(actor))
            if not (await tx.execute(gone)).rowcount:
                raise NotFound(wording_id=wording_id)
            await audit.record(tx, now, id_of(actor), "retired", "consent_wording", wording_id)
