"""Tags, and what bears them."""

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

from crm_core.storage.base import Instant, metadata

tags = Table(
    "tags",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(100), nullable=False),
    Column("key", String(100), nullable=False, unique=True),  # folded: VIP and vip are one tag
    Column("colour", String(16), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
)

tagged = Table(
    "tagged",
    metadata,
    Column("kind", String(8), nullable=False),
    Column("record_id", Integer, nullable=False),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("kind", "record_id", "tag_id"),
    CheckConstraint("kind IN ('client', 'lead', 'deal')", name="kind_known"),
    Index("ix_tagged_tag", "tag_id", "kind", "record_id"),
)
