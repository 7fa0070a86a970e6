"""After a field was hidden, shown, switched or its choices renamed: who bears it is found anew."""

from collections.abc import Awaitable, Callable
from typing import Final

from crm_core.custom_fields.events import FieldsReshaped
from crm_core.custom_fields.searched import bearing
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Storage

AT_ONCE: Final = 20
"""Records in one write, so that nobody who writes meanwhile waits long."""


class FieldSearch:
    """Hears how the office shapes its fields."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def handlers(self) -> dict[type, Callable[[FieldsReshaped], Awaitable[None]]]:
        return {FieldsReshaped: self.on_fields_reshaped}

    async def on_fields_reshaped(self, fact: FieldsReshaped) -> None:
        """Have every record that bears the fields found by what it holds now."""
        async with self._storage.read() as connection:
            ids = await bearing(connection, fact)
        for begin in range(0, len(ids), AT_ONCE):
            async with self._storage.write() as tx:
                for record_id in ids[begin : begin + AT_ONCE]:
                    await reindex(tx, SearchKind(fact.kind), record_id)
