"""What belongs to the whole floor rather than to one record: the audit trail, the catalogues, and
what each person has chosen for himself."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from crm_core.storage.base import Instant, Json, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Column("action", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("subject_id", String(150), nullable=False),
    Column("details", Json, nullable=False),
    Index("ix_audit_subject", "subject", "subject_id"),
)

catalogue_entries = Table(
    "catalogue_entries",
    metadata,
    # The words an office sorts its records by: `catalogue` is a word of crm_core/catalogues.py.
    Column("id", Integer, primary_key=True),
    Column("catalogue", String(32), nullable=False),
    Column("title", String(200), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
    UniqueConstraint("catalogue", "title"),
)

preferences = Table(
    "preferences",
    metadata,
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(64), nullable=False),  # a word of crm_core/preferences.py
    Column("value", Json, nullable=False),
    PrimaryKeyConstraint("agent_id", "key"),
)
