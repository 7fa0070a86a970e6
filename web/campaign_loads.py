"""Lists of campaigns filled in the background: a form starts it, a page watches how far it is."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from crm_core.agents.people import Agent
from crm_core.errors import Conflict
from crm_core.lists.reading import Selection
from crm_core.storage.engine import Connection
from dialer.entries.fillings import Fillings, find_filling
from dialer.entries.loaded import Loaded, Wanted, checked
from dialer.entries.loading import Loading

log = structlog.get_logger(__name__)

AT_ONCE_SECONDS: Final = 1.5
"""So long a form waits for its result: enough for some thousand clients."""


@dataclass(slots=True)
class LoadingOfList:
    """People that are being put on a list, or were; `total` were chosen. `broke`: it was cut short,
    and may be begun again."""

    campaign_id: int
    total: int
    loaded: Loaded = field(default_factory=Loaded)
    is_over: bool = False
    broke: bool = False
    task: asyncio.Task[Any] | None = field(default=None, repr=False)

    @property
    def done(self) -> int:
        """How many of them were looked at."""
        return self.loaded.added + sum(self.loaded.not_loaded.values())


class CampaignLoads:
    """One for each campaign at a time; how the last of each went is kept."""

    def __init__(self, loading: Loading, fillings: Fillings) -> None:
        self._loading = loading
        self._fillings = fillings
        self._of_campaigns: dict[int, LoadingOfList] = {}

    async def find(self, connection: Connection, campaign_id: int) -> LoadingOfList | None:
        """What goes on, or was last."""
        going = self._of_campaigns.get(campaign_id)
        if going is not None:
            return going
        last = await find_filling(connection, campaign_id)
        if last is None:
            return None
        return LoadingOfList(campaign_id, last.total, last.loaded, is_over=True, broke=last.broke)

    async def start(
        self, actor: Agent, campaign_id: int, chosen: Selection, wanted: Wanted, total: int
    ) -> LoadingOfList:
        """Begin, and return soon: done or not. Conflict("loading_already"); Invalid as `load`."""
        before = self._of_campaigns.get(campaign_id)
        if before is not None and not before.is_over:
            raise Conflict("loading_already")
        going = LoadingOfList(campaign_id, total)
        wanted = checked(wanted)
        self._of_campaigns[campaign_id] = going
        going.task = asyncio.create_task(self._load(actor, going, chosen, wanted))
        await asyncio.wait({going.task}, timeout=AT_ONCE_SECONDS)
        return going

    async def close(self) -> None:
        """Break off what goes on: begun again, it goes on where it was."""
        tasks = [each.task for each in self._of_campaigns.values() if each.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _load(
        self, actor: Agent, going: LoadingOfList, chosen: Selection, wanted: Wanted
    ) -> None:
        try:
            await self._fillings.begin(actor, going.campaign_id, going.total)
            await self._loading.load(actor, going.campaign_id, chosen, wanted, going.loaded)
        except Exception:
            going.broke = True
            log.exception("loading_broke_off", campaign=going.campaign_id)
        except asyncio.CancelledError:
            going.broke = True
            raise
        finally:
            await self._note(going)
            going.is_over = True

    async def _note(self, going: LoadingOfList) -> None:
        """What is told after a restart; that it cannot be written down breaks nothing off."""
        try:
            await self._fillings.end(going.campaign_id, going.loaded, broke=going.broke)
        except Exception:
            log.exception("loading_not_noted", campaign=going.campaign_id)
