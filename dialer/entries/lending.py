"""What was chosen is written down as attempts and marked as lent, in the transaction that chose it:
a constant number of statements, however many they are."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any, Final

from sqlalchemy import bindparam, insert, literal_column, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crm_core.storage.among import among
from crm_core.storage.engine import Write
from crm_core.storage.hot import HotSelect
from crm_core.storage.hot_write import HotWrite
from dialer.campaigns.tables import attempts, campaign_segments
from dialer.entries.choice import Chosen, Rules
from dialer.entries.states import EntryState
from dialer.entries.tables import entries

LEASE_SECONDS: Final = 120
"""Who dials renews it well before; who does not is taken for dead."""


@dataclass(frozen=True, slots=True)
class Leased:
    """An attempt to be made now, over a channel of this id; the rest is in `chosen`."""

    attempt_id: int
    channel_id: str
    chosen: Chosen


async def lend(
    tx: Write,
    rules: Rules,
    chosen: Sequence[Chosen],
    now: datetime,
    *,
    key: str,
    reason: Mapping[str, Any],
    new_id: Callable[[], str],
) -> list[Leased]:
    """Lend them to the process of that `key`; `reason` is the pacing decision, `new_id` names a
    channel."""
    if not chosen:
        return []
    channels = [new_id() for _ in chosen]
    same = _same(rules, now, reason)
    dials = [{**same, **_of(e), "channel_id": c} for e, c in zip(chosen, channels, strict=True)]
    until = now + timedelta(seconds=LEASE_SECONDS)
    lent = {"ids": [each.entry_id for each in chosen], "until": until, "key": key, "now": now}
    await _DIAL.run(tx.connection, dials)
    await _MARK.run(tx.connection, [lent])
    await _COUNT.run(tx.connection, _counts(rules.campaign.id, chosen))
    rows = await _MADE.rows(tx.connection, channels=channels)
    ids = {row["channel_id"]: row["id"] for row in rows}
    return [Leased(ids[c], c, each) for each, c in zip(chosen, channels, strict=True)]


def _same(rules: Rules, now: datetime, reason: Mapping[str, Any]) -> dict[str, Any]:
    """What all of them have in common."""
    return {
        "campaign_id": rules.campaign.id,
        "mode": rules.campaign.mode.value,
        "decided_at": now,
        "reason": dict(reason),
        "profile_key": rules.law.profile.key,
        "profile_version": rules.law.version,
    }


def _of(chosen: Chosen) -> dict[str, Any]:
    return {
        "entry_id": chosen.entry_id,
        "client_id": chosen.client_id,
        "number": chosen.e164,
        "position": chosen.position,
        "certain": chosen.certain,
    }


def _counts(campaign_id: int, chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
    """Each segment's dials under way."""
    segments = Counter(each.segment for each in chosen)
    same = {"campaign_id": campaign_id}
    return [{**same, "segment": each, "more": segments[each]} for each in sorted(segments)]


_COLUMNS: Final = (
    *("campaign_id", "mode", "decided_at", "reason", "profile_key", "profile_version"),
    *("entry_id", "client_id", "number", "position", "certain", "channel_id"),
)
_DIAL: Final = HotWrite.same(
    insert(attempts).values(
        {name: bindparam(name, type_=attempts.c[name].type) for name in _COLUMNS}
    )
)
_MADE: Final = HotSelect(
    select(attempts.c.id, attempts.c.channel_id).where(among(attempts.c.channel_id, "channels"))
)
_MARK: Final = HotWrite.same(
    update(entries)
    .where(among(entries.c.id, "ids"))
    .values(
        state=literal_column(f"'{EntryState.LEASED.value}'"),
        leased_until=bindparam("until", type_=entries.c.leased_until.type),
        lease_key=bindparam("key", type_=entries.c.lease_key.type),
        last_at=bindparam("now", type_=entries.c.last_at.type),
        due_at=null(),
        reason=literal_column("''"),
    )
)


def _count(engine: ModuleType) -> Any:
    of = campaign_segments.c
    more = bindparam("more", type_=of.leased.type)
    values = {name: bindparam(name, type_=of[name].type) for name in ("campaign_id", "segment")}
    row = engine.insert(campaign_segments).values(**values, leased=more, dialled=more)
    return row.on_conflict_do_update(
        index_elements=[of.campaign_id, of.segment],
        set_={
            "leased": of.leased + row.excluded.leased,
            "dialled": of.dialled + row.excluded.dialled,
        },
    )


_COUNT: Final = HotWrite({"sqlite": _count(sqlite), "postgresql": _count(postgresql)})
