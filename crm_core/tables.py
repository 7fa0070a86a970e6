"""What belongs to the whole floor rather than to one record: the audit trail."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

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
