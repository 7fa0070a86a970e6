"""After a tag was renamed, joined or removed: what bore it is found and shown anew."""

from collections.abc import Awaitable, Callable
from typing import Final

from crm_core.storage.engine import Storage
from crm_core.tags.events import TagsReshaped
from crm_core.tags.tagging import renew

AT_ONCE: Final = 20
"""Records in one write, so that nobody who writes meanwhile waits long."""


class TagSearch:
    """Hears how the office keeps its tags."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def handlers(self) -> dict[type, Callable[[TagsReshaped], Awaitable[None]]]:
        return {TagsReshaped: self.on_tags_reshaped}

    async def on_tags_reshaped(self, fact: TagsReshaped) -> None:
        """Have every record found by the tags that it bears now."""
        for begin in range(0, len(fact.records), AT_ONCE):
            async with self._storage.write() as tx:
                for kind, record_id in fact.records[begin : begin + AT_ONCE]:
                    await renew(tx, kind, record_id)
