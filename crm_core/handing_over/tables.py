"""Every handover as it was, so that it can be taken back to the last record."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
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
    Column("to_agent_id", ForeignKey("agents.id"), nullable=False),
    Column("counts", Json, nullable=False),  # {"client": 1000, "lead": 3, "deal": 40, "task": 120}
    Column("undone_at", Instant, nullable=True),
    Column("undone_by", ForeignKey("agents.id"), nullable=True),
)

handed_records = Table(
    "handed_records",
    metadata,
    Column("handover_id", ForeignKey("handovers.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("record_id", Integer, nullable=False),
    Column("before_agent_id", ForeignKey("agents.id"), nullable=True),  # whose it had been
    PrimaryKeyConstraint("handover_id", "kind", "record_id"),
    CheckConstraint("kind IN ('client', 'lead', 'deal', 'task')", name="kind_known"),
)
