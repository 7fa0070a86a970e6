"""`python -m crm_core.storage.migrations "what changes"`: the next revision, from the tables."""

import asyncio
import sys
import tempfile
from importlib import import_module

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from crm_core.storage.engine import Storage
from crm_core.storage.migrate import history_config, migrate

UPPER_FLOORS = ("dialer.tables",)
"""Whose tables are on the same metadata; by name, because this floor imports nothing above it."""


def _revise(connection: Connection, message: str) -> None:
    config = history_config(connection)
    count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    command.revision(config, message=message, autogenerate=True, rev_id=f"v{count + 1:04}")


async def _main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage.open(f"sqlite:///{folder}/history.db")
        await migrate(storage)
        async with storage.migrate() as connection:
            await connection.run_sync(_revise, message)
        await storage.close()


for each in UPPER_FLOORS:
    import_module(each)
asyncio.run(_main(" ".join(sys.argv[1:]) or "what changes"))
