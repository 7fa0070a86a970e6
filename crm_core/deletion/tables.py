"""Every deletion of many at once, so that it goes on after a stop and comes back as exactly."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from crm_core.storage.base import Instant, metadata

deletions = Table(
    "deletions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),  # what stands in `deleted_at` of each of its records
    Column("agent_id", ForeignKey("agents.id"), nullable=False),  # who deleted
    Column("kind", String(8), nullable=False),
    Column("state", String(9), nullable=False),
    Column("count", Integer, nullable=False, server_default="0"),
    Column("skipped", Integer, nullable=False, server_default="0"),  # not his to delete
    Column("restored_at", Instant, nullable=True),
    Column("restored_by", ForeignKey("agents.id"), nullable=True),
    CheckConstraint("kind IN ('client', 'lead', 'deal')", name="kind_known"),
    CheckConstraint(
        "state IN ('chosen', 'deleting', 'done', 'restoring', 'restored')", name="state_known"
    ),
)

deleted_records = Table(
    "deleted_records",
    metadata,
    Column("deletion_id", ForeignKey("deletions.id", ondelete="CASCADE"), nullable=False),
    Column("record_id", Integer, nullable=False),
    # It was changed meanwhile where it has stayed, or was kept among the deleted.
    Column("state", String(8), nullable=False, server_default="waiting"),
    PrimaryKeyConstraint("deletion_id", "record_id"),
    CheckConstraint(
        "state IN ('waiting', 'deleted', 'stayed', 'restored', 'kept')", name="state_known"
    ),
)
