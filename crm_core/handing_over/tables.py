"""Every handover as it was, so that it can be taken back to the last record."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from crm_core.storage.base import Instant, Json, metadata

handovers = Table(
    "handovers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),  # who handed over
    Column("to_agent_id", ForeignKey("agents.id"), nullable=True),  # None: nobody's any more
    Column("state", String(8), nullable=False),
    Column("counts", Json, nullable=False),  # {"client": 1000, "lead": 3, "deal": 40, "task": 120}
    Column("skipped", Integer, nullable=False, server_default="0"),  # not his to hand over
    Column("undone_at", Instant, nullable=True),
    Column("undone_by", ForeignKey("agents.id"), nullable=True),
    CheckConstraint(
        "state IN ('chosen', 'moving', 'done', 'undoing', 'undone')", name="state_known"
    ),
)

handed_records = Table(
    "handed_records",
    metadata,
    Column("handover_id", ForeignKey("handovers.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("record_id", Integer, nullable=False),
    Column("before_agent_id", ForeignKey("agents.id"), nullable=True),  # whose it had been
    # It was changed meanwhile where it has stayed.
    Column("state", String(8), nullable=False, server_default="waiting"),
    PrimaryKeyConstraint("handover_id", "kind", "record_id"),
    CheckConstraint("kind IN ('client', 'lead', 'deal', 'task')", name="kind_known"),
    CheckConstraint(
        "state IN ('waiting', 'moved', 'stayed', 'returned', 'kept')", name="state_known"
    ),
    Index("ix_handed_records_record", "kind", "record_id"),
)
