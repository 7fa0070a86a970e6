"""Where we stopped with a client: the last talk and what was agreed, in one glance."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.dossier import Agreement, PastCall
from crm_core.clients.dossier_queries import read_past


@dataclass(frozen=True, slots=True)
class Standing:
    """`last_talk`: the newest call in which somebody spoke; `missed`: a newer one in which nobody
    did; `agreement`: what was last written down after a call."""

    last_talk: PastCall | None
    missed: PastCall | None
    agreement: Agreement | None


async def read_standing(connection: AsyncConnection, client_id: int) -> Standing:
    """Where we stopped with this client."""
    calls, agreement = await read_past(connection, client_id)
    newest = calls[0] if calls else None
    return Standing(
        last_talk=next((call for call in calls if call.outcome == "answered"), None),
        missed=newest if newest and newest.outcome not in ("answered", "") else None,
        agreement=agreement,
    )
