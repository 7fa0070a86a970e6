"""Leads: who asked, for what, where he heard of us, and how far we are with him."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from crm_core.storage.base import Instant, Json, metadata

leads = Table(
    "leads",
    metadata,
    Column("id", Integer, primary_key=True),
    # Who asks: a row of `clients`, which becomes a client when the lead is converted.
    Column("client_id", ForeignKey("clients.id"), nullable=False, index=True),
    Column("title", String(300), nullable=False),
    Column("request", Text, nullable=False, server_default=""),  # what was asked for, in full
    Column("source_id", ForeignKey("catalogue_entries.id"), nullable=True),
    Column("marketing_campaign_id", ForeignKey("catalogue_entries.id"), nullable=True),
    Column("owner_agent_id", ForeignKey("agents.id"), nullable=True),
    Column("stage_id", ForeignKey("stages.id"), nullable=False),
    Column("stage_since", Instant, nullable=False),
    Column("loss_reason_id", ForeignKey("catalogue_entries.id"), nullable=True),
    Column("fields", Json, nullable=False, server_default="{}"),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("updated_at", Instant, nullable=False),
    # When somebody first did something about it: until then it is fresh.
    Column("touched_at", Instant, nullable=True),
    Column("closed_at", Instant, nullable=True),
    # The deal it became, where it became one.
    Column("deal_id", ForeignKey("deals.id"), nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deleted_at", Instant, nullable=True),
    Index("ix_leads_stage", "stage_id", "stage_since"),
    Index("ix_leads_owner_open", "owner_agent_id", "closed_at"),
)
