"""Saved views of lists."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from crm_core.storage.base import Instant, Json, metadata

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list", String(16), nullable=False),  # clients, leads, deals, tasks
    Column("title", String(100), nullable=False),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("shared", Boolean, nullable=False, server_default="0"),
    Column("filters", Json, nullable=False, server_default="{}"),
    Column("columns", Json, nullable=False, server_default="[]"),
    Column("order_by", String(32), nullable=False, server_default=""),  # "-updated_at": last first
    Column("position", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
)
