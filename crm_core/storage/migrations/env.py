"""Alembic comes in here: the connection is given by `crm_core.storage.migrate`, never opened."""

from typing import Any, Literal

from alembic import context

from crm_core.search.tables import is_engines_own
from crm_core.storage.base import Instant
from crm_core.storage.schema import metadata


def _frozen(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """History names only SQLAlchemy's types: our own may change under it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(thing, Instant) else False


def _described(name: str | None, kind: str, _parents: Any) -> bool:
    return not is_engines_own(name, kind)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column: the table is rebuilt
    render_item=_frozen,
    include_name=_described,
)
context.run_migrations()
