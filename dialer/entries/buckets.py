"""The bucket that an entry stands in: found, or made when it is the first of its kind."""

from datetime import datetime

from sqlalchemy import insert, select

from crm_core.storage.engine import Write
from dialer.compliance.zones import canonical
from dialer.entries.states import zones_text
from dialer.entries.tables import entry_buckets

Key = tuple[str, str, str]
"""Zones, segment and kind of number."""


class Buckets:
    """Those of one campaign, for as long as a transaction lasts."""

    def __init__(self, tx: Write, campaign_id: int, at: datetime) -> None:
        self._tx = tx
        self._campaign_id = campaign_id
        self._at = at
        self._known: dict[Key, int] = {}

    async def of(self, zones: frozenset[str], segment: str, kind: str) -> int:
        """Its id. Zones whose clocks agree are one."""
        key = zones_text(canonical(zones, self._at)), segment, kind
        if key not in self._known:
            self._known[key] = await self._found(key) or await self._made(key)
        return self._known[key]

    async def _found(self, key: Key) -> int | None:
        of = entry_buckets.c
        same = (of.zones == key[0]) & (of.segment == key[1]) & (of.kind == key[2])
        query = select(of.id).where(of.campaign_id == self._campaign_id, same)
        return (await self._tx.execute(query)).scalar_one_or_none()  # type: ignore[no-any-return]

    async def _made(self, key: Key) -> int:
        zones, segment, kind = key
        row = {"campaign_id": self._campaign_id, "zones": zones, "segment": segment, "kind": kind}
        made = await self._tx.execute(insert(entry_buckets).values(**row))
        return int(made.inserted_primary_key[0])
