"""Which endpoints are phones and which are trunks, where the pattern of the settings is wrong."""

from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import Role, id_of, require
from crm_core.agents.tables import endpoint_roles
from crm_core.clock import Clock
from crm_core.errors import Invalid
from crm_core.storage.engine import Storage, Write
from telephony.events import LegRole

LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class EndpointCorrected:
    """Somebody said what an endpoint is; with `role` None the pattern decides again."""

    endpoint: str
    role: LegRole | None


async def list_corrections(connection: AsyncConnection) -> dict[str, LegRole]:
    """Every endpoint that was corrected, by its name."""
    rows = await connection.execute(select(endpoint_roles).order_by(endpoint_roles.c.endpoint))
    return {row.endpoint: LegRole(row.role) for row in rows}


class EndpointRoles:
    """The command that corrects; reading is `list_corrections`."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def correct(self, actor: Agent | None, endpoint: str, role: LegRole | None) -> None:
        """Say what `endpoint` is, None to leave it to the pattern; audited as from -> to.

        Announces `EndpointCorrected`. Invalid("endpoint", "endpoint_bad") for what is no name.
        """
        require(actor, Role.ADMINISTRATOR)
        if not _is_name(endpoint):
            raise Invalid("endpoint", "endpoint_bad", value=endpoint)
        async with self._storage.write() as tx:
            before = await _role(tx, endpoint)
            if before == role:
                return
            await tx.execute(delete(endpoint_roles).where(endpoint_roles.c.endpoint == endpoint))
            if role is not None:
                await tx.execute(insert(endpoint_roles).values(endpoint=endpoint, role=role.value))
            now, told = self._clock.now(), [before, role]
            await audit.record(
                tx, now, id_of(actor), "edited", "endpoint", endpoint, endpoint_role=told
            )
            tx.announce(EndpointCorrected(endpoint, role))


def _is_name(endpoint: str) -> bool:
    """One printable line that a section of pjsip.conf may be called."""
    fits = 0 < len(endpoint) <= LONGEST_NAME
    return fits and endpoint.isprintable() and endpoint == endpoint.strip()


async def _role(tx: Write, endpoint: str) -> str | None:
    query = select(endpoint_roles.c.role).where(endpoint_roles.c.endpoint == endpoint)
    found = (await tx.execute(query)).scalar_one_or_none()
    return None if found is None else str(found)
