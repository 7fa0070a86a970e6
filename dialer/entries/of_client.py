"""What campaigns keep about a client: told when he asks for it, forgotten when he is erased."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update

from crm_core.clients.whole import Whole
from crm_core.storage.engine import Connection, Write
from dialer.campaigns.tables import attempts, campaigns
from dialer.entries.moving import over
from dialer.entries.tables import entries, entry_numbers
from dialer.order.reasons import Waits

_OURS: Final = frozenset({"bucket_id", "rank", "lease_key", "leased_until", "reason", "lost"})


class CampaignsOfClient:
    """What `PersonalData` and `Erasure` are given of entries and attempts."""

    async def tell(
        self, connection: Connection, whole: Whole
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """On whose lists he stands, and every dial to him."""
        told = {}
        for word, table in (("campaign_entries", entries), ("campaign_attempts", attempts)):
            columns = [column for column in table.c if column.name not in _OURS]
            query = (
                select(*columns, campaigns.c.title.label("campaign"))
                .join(campaigns, campaigns.c.id == table.c.campaign_id)
                .where(table.c.client_id.in_(whole.client_ids))
                .order_by(table.c.id)
            )
            found = (await connection.execute(query)).mappings().all()
            told[word] = [{name: _plain(value) for name, value in row.items()} for row in found]
        return told

    async def forget(self, tx: Write, whole: Whole, now: datetime) -> None:
        """Take him off every list. That there was a dial, when, and how it ended stays, without the
        number: the share of abandoned calls is counted from it."""
        his = entries.c.client_id.in_(whole.client_ids)
        mine = select(entries.c.id).where(his)
        await tx.execute(delete(entry_numbers).where(entry_numbers.c.entry_id.in_(mine)))
        gone = {**over(Waits.CLIENT_GONE), "e164": None, "source": ""}
        await tx.execute(update(entries).where(his).values(**gone))
        dialled = attempts.c.client_id.in_(whole.client_ids)
        await tx.execute(update(attempts).where(dialled).values(number=""))


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
