"""Pipelines and their stages, deals in them, what is sold, and every step from stage to stage."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crm_core.storage.base import Instant, Json, metadata

pipelines = Table(
    "pipelines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("record_kind", String(8), nullable=False),
    Column("title", String(200), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
    CheckConstraint("record_kind IN ('lead', 'deal')", name="record_kind_known"),
)

stages = Table(
    "stages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pipeline_id", ForeignKey("pipelines.id"), nullable=False, index=True),
    Column("title", String(200), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("probability", Integer, nullable=False, server_default="0"),  # percent
    # None while the work goes on; a lead that is won has become a client.
    Column("ending", String(8), nullable=True),
    # Longer than this in the stage, and the record has gone stale; None: as long as it takes.
    Column("patience_days", Integer, nullable=True),
    Column("active", Boolean, nullable=False, server_default="1"),
    CheckConstraint("ending IN ('won', 'lost')", name="ending_known"),
)

stage_actions = Table(
    "stage_actions",
    metadata,
    # What is expected to be done while a record stands in the stage.
    Column("id", Integer, primary_key=True),
    Column("stage_id", ForeignKey("stages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("title", String(300), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
)

deals = Table(
    "deals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False, index=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    Column("legal_entity_id", ForeignKey("legal_entities.id", ondelete="SET NULL"), nullable=True),
    Column("title", String(300), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("owner_agent_id", ForeignKey("agents.id"), nullable=True),
    Column("stage_id", ForeignKey("stages.id"), nullable=False),
    Column("stage_since", Instant, nullable=False),
    # In the smallest unit of the currency; the sum of the lines where there are lines.
    Column("amount", BigInteger, nullable=False, server_default="0"),
    Column("currency", String(3), nullable=False),
    Column("expected_on", Date, nullable=True),
    Column("probability", Integer, nullable=True),  # percent; None: that of the stage
    Column("loss_reason_id", ForeignKey("catalogue_entries.id"), nullable=True),
    Column("fields", Json, nullable=False, server_default="{}"),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deleted_at", Instant, nullable=True),
    Index("ix_deals_stage", "stage_id", "stage_since"),
    Index("ix_deals_owner_open", "owner_agent_id", "closed_at"),
)

products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(300), nullable=False),
    Column("unit", String(32), nullable=False, server_default=""),
    Column("price", BigInteger, nullable=False, server_default="0"),
    Column("currency", String(3), nullable=False),
    Column("active", Boolean, nullable=False, server_default="1"),
)

deal_lines = Table(
    "deal_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("deal_id", ForeignKey("deals.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("product_id", ForeignKey("products.id"), nullable=True),
    Column("title", String(300), nullable=False),
    Column("quantity", BigInteger, nullable=False),  # thousandths
    Column("unit", String(32), nullable=False, server_default=""),
    Column("price", BigInteger, nullable=False),
    Column("discount", Integer, nullable=False, server_default="0"),  # hundredths of a percent
    Column("position", Integer, nullable=False, server_default="0"),
)

done_actions = Table(
    "done_actions",
    metadata,
    # Which of its stage's actions were done for a lead or a deal.
    Column("id", Integer, primary_key=True),
    Column("action_id", ForeignKey("stage_actions.id"), nullable=False),
    Column("lead_id", ForeignKey("leads.id", ondelete="CASCADE"), nullable=True),
    Column("deal_id", ForeignKey("deals.id", ondelete="CASCADE"), nullable=True),
    Column("done_at", Instant, nullable=False),
    Column("done_by", ForeignKey("agents.id"), nullable=True),
    UniqueConstraint("lead_id", "action_id"),
    UniqueConstraint("deal_id", "action_id"),
)

stage_changes = Table(
    "stage_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("lead_id", ForeignKey("leads.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("deal_id", ForeignKey("deals.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("from_stage_id", ForeignKey("stages.id"), nullable=True),  # None: it began there
    Column("to_stage_id", ForeignKey("stages.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Index("ix_stage_changes_client_at", "client_id", "at"),
)
