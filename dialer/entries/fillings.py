"""How the last filling of each campaign's list went: told also after a restart."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from crm_core.agents.people import Agent
from crm_core.clock import Clock
from crm_core.storage.engine import Connection, Storage
from dialer.entries.loaded import Loaded, NotLoaded
from dialer.entries.tables import list_fillings

_OF = list_fillings.c


@dataclass(frozen=True, slots=True)
class Filling:
    """`total` were chosen. `broke`: it was cut short, by whatever, and may be begun again."""

    campaign_id: int
    total: int
    loaded: Loaded
    broke: bool


class Fillings:
    """Notes when a filling begins and what it came to."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def begin(self, actor: Agent, campaign_id: int, total: int) -> None:
        """It begins; the one before is forgotten."""
        row = {"campaign_id": campaign_id, "total": total, "began_by": actor.id}
        async with self._storage.write() as tx:
            await tx.execute(delete(list_fillings).where(_OF.campaign_id == campaign_id))
            await tx.execute(insert(list_fillings).values(**row, began_at=self._clock.now()))

    async def end(self, campaign_id: int, loaded: Loaded, *, broke: bool) -> None:
        """It is over, or was cut short."""
        found = {
            "added": loaded.added,
            "not_loaded": {word.value: count for word, count in loaded.not_loaded.items()},
            "told": [[client_id, word.value] for client_id, word in loaded.told],
        }
        change = update(list_fillings).where(_OF.campaign_id == campaign_id)
        async with self._storage.write() as tx:
            await tx.execute(change.values(**found, broke=broke, ended_at=self._clock.now()))


async def find_filling(connection: Connection, campaign_id: int) -> Filling | None:
    """The last; one whose end nobody has written down was cut short with the whole service."""
    query = select(list_fillings).where(_OF.campaign_id == campaign_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    loaded = Loaded(
        row["added"],
        Counter({NotLoaded(word): count for word, count in row["not_loaded"].items()}),
        [(client_id, NotLoaded(word)) for client_id, word in row["told"]],
    )
    return Filling(campaign_id, row["total"], loaded, row["broke"] or row["ended_at"] is None)
