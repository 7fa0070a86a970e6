"""The office's own numbers, which no campaign may dial: those that the settings name, and those
that campaigns show to whom they call."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.campaigns.states import CampaignState
from dialer.campaigns.tables import campaigns


class OwnNumbers:
    """`named` are in E.164. Extensions need no mention: short numbers are never dialled."""

    def __init__(self, named: frozenset[str] = frozenset()) -> None:
        self._named = named

    async def read(self, connection: AsyncConnection) -> frozenset[str]:
        """All of them now; the numbers of finished campaigns may be somebody else's by now."""
        shown = frozenset((await connection.execute(_SHOWN)).scalars())
        return self._named if shown <= self._named else self._named | shown


_SHOWN: Final = (
    select(campaigns.c.caller_number)
    .where(campaigns.c.caller_number != "", campaigns.c.state != CampaignState.FINISHED.value)
    .distinct()
)
