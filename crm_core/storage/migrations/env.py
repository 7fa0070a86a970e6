"""Alembic comes in here: the connection is given by `crm_core.storage.migrate`, never opened."""

from typing import Any, Literal

from alembic import context

from crm_core.storage.base import Instant
from crm_core.storage.schema import metadata


def _frozen(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """History names only SQLAlchemy's types: our own may change under it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column: the table is rebuilt
    render_item=_frozen,
)
context.run_migrations()
