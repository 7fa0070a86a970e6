"""What people said of endpoints reaches whoever judges them: at the start, and at each change."""

from crm_core.agents.endpoint_roles import EndpointCorrected, list_corrections
from crm_core.storage.engine import Storage
from telephony.events import LegRole
from telephony.phones import Phones


class EndpointCorrections:
    """Keeps `phones` at what is remembered."""

    def __init__(self, storage: Storage, phones: Phones) -> None:
        self._storage = storage
        self._phones = phones

    async def restore(self) -> None:
        """Obey everything that was ever corrected."""
        async with self._storage.read() as connection:
            corrections = await list_corrections(connection)
        self._phones.correct({name: role is LegRole.PHONE for name, role in corrections.items()})

    async def on_endpoint_corrected(self, _fact: EndpointCorrected) -> None:
        await self.restore()
