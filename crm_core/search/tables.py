"""The searched texts, the engine's own index of their trigrams, and what each agent had open."""

from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from crm_core.search.kinds import SearchKind, first_place, last_place
from crm_core.storage.base import Instant, metadata

search_texts = Table(
    "search_texts",
    metadata,
    # See kinds.py: the kind's place, and the newest has the highest.
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    Column("kind", String(16), nullable=False),
    Column("record_id", Integer, nullable=False),
    # Folded and packed; a space before and after each word, ^ before a name.
    Column("text", Text, nullable=False),
    UniqueConstraint("record_id", "kind"),
)

outdated_texts = Table(
    "outdated_texts",
    metadata,
    # Whose searched text is older than what the record says; composed anew one after another.
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("record_id", Integer, nullable=False),
    UniqueConstraint("record_id", "kind"),
)

openings = Table(
    "openings",
    metadata,
    # The cards that an agent opened last: what the search shows before a question is typed.
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("record_id", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    UniqueConstraint("agent_id", "kind", "record_id"),
    Index("ix_openings_agent_opened", "agent_id", "opened_at"),
)

INDEX_NAME: Final = "search_index"
"""Of SQLite's virtual table; the tables it makes for itself begin with this name."""

_SQLITE: Final = (
    "CREATE VIRTUAL TABLE search_index USING fts5(text, content='search_texts', "
    "content_rowid='id', tokenize='trigram case_sensitive 1', columnsize=0)",
    "CREATE TRIGGER search_texts_added AFTER INSERT ON search_texts BEGIN "
    "INSERT INTO search_index (rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER search_texts_removed AFTER DELETE ON search_texts BEGIN "
    "INSERT INTO search_index (search_index, rowid, text) "
    "VALUES ('delete', old.id, old.text); END",
)

GROUPS: Final = {
    "clients": (SearchKind.CLIENT, SearchKind.CLIENT),
    "work": (SearchKind.TASK, SearchKind.LEAD),
    "notes": (SearchKind.CLIENT_NOTE, SearchKind.NOTE),
}
"""PostgreSQL has an index for each of these, from the lowest kind to the highest: who looks for
a name does not go through the notes."""


def _gin(group: str, lowest: SearchKind, highest: SearchKind) -> str:
    return (
        f"CREATE INDEX ix_search_texts_{group} ON search_texts USING gin (text gin_trgm_ops) "
        f"WITH (fastupdate = off) "
        f"WHERE id > {first_place(lowest)} AND id <= {last_place(highest)}"
    )


_POSTGRESQL: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    *(_gin(group, *kinds) for group, kinds in GROUPS.items()),
)


def is_engines_own(name: str | None, kind: str) -> bool:
    """Whether a table or an index of this name belongs to the engine's search index, which no
    metadata describes."""
    shadow = kind == "table" and (name or "").startswith(INDEX_NAME)
    return shadow or (kind == "index" and name in {f"ix_search_texts_{group}" for group in GROUPS})


def _on(dialect: str, *statements: str) -> None:
    for statement in statements:
        made: Any = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
        event.listen(search_texts, "after_create", made)


_on("sqlite", *_SQLITE)
_on("postgresql", *_POSTGRESQL)
