"""What we believe the exchange has: read out of our lists."""

from crm_core.agents.directory import list_extensions, list_queues
from crm_core.agents.endpoint_roles import list_corrections
from crm_core.storage.engine import Storage
from telephony.events import LegRole
from telephony.inspection.expected import Expected
from telephony.phones import Phones


async def read_expected(storage: Storage, pattern: str) -> Expected:
    """Queues, extensions and corrections in use. Raises what the database raises."""
    async with storage.read() as connection:
        queues = await list_queues(connection)
        extensions = await list_extensions(connection)
        corrections = await list_corrections(connection)
    phones = Phones(pattern)
    phones.correct({name: role is LegRole.PHONE for name, role in corrections.items()})
    return Expected(
        queues={queue.name: queue.title for queue in queues},
        extensions={desk.interface: desk.number for desk in extensions},
        is_phone=phones,
        corrected=frozenset(corrections),
    )


def nothing_known(pattern: str) -> Expected:
    """Where our lists cannot be read: only the pattern of the settings is left."""
    return Expected({}, {}, Phones(pattern), known=False)
