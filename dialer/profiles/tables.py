"""What an office has made of the law profiles, and what was in force when."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from crm_core.storage.base import Instant, Json, metadata

law_profiles = Table(
    "law_profiles",
    metadata,
    # The key of a built-in profile, which the row then stands before, or one of the office's own.
    Column("key", String(64), primary_key=True),
    Column("base_key", String(64), nullable=False),  # the built-in one that it began as
    Column("title", String(200), nullable=False, server_default=""),
    Column("values", Json, nullable=False),  # as dialer/compliance/stored.py writes them
    Column("version", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", ForeignKey("agents.id"), nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
    Column("retired_at", Instant, nullable=True),
)

law_profile_changes = Table(
    "law_profile_changes",
    metadata,
    # Whole values each time and nothing ever removed, so that one can prove what was in force when:
    # of the built-in profiles, too, which may change with a release.
    Column("id", Integer, primary_key=True),
    Column("profile_key", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(16), nullable=False),  # a word of dialer/profiles/events.py
    Column("values", Json, nullable=False),
    Column("loosened", Json, nullable=False, server_default="[]"),  # names of fields
    Column("at", Instant, nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),  # None: came with a release
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("profile_key", "version"),
)
