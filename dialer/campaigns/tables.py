"""Campaigns, their teams, and every dial: the record by which a campaign proves what it did."""

from sqlalchemy import (
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
    text,
)

from crm_core.storage.base import Instant, Json, metadata

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("state", String(16), nullable=False, server_default="draft"),
    # Key of a law profile, the office's own or a built-in one: no row need exist.
    Column("profile_key", String(64), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("pacing", Json, nullable=False, server_default="{}"),  # dialer/campaigns/settings.py
    Column("retry", Json, nullable=False, server_default="{}"),
    Column("quotas", Json, nullable=False, server_default="{}"),
    # Narrower than the law's, by the clock of the person who is called; {} for the law's own.
    Column("hours", Json, nullable=False, server_default="{}"),
    # What each disposition means for the entry: {"disposition id": word of order.outcomes.Verdict}.
    Column("verdicts", Json, nullable=False, server_default="{}"),
    Column("caller_label", String(64), nullable=False, server_default=""),
    Column("caller_number", String(20), nullable=False, server_default=""),
    # Who is named in the message to those whom nobody came to.
    Column("seller_name", String(200), nullable=False, server_default=""),
    Column("seller_number", String(20), nullable=False, server_default=""),
    Column("script", Text, nullable=False, server_default=""),
    Column("starts_on", Date, nullable=True),
    Column("ends_on", Date, nullable=True),
    Column("priority", Integer, nullable=False, server_default="5"),  # among campaigns, 9 first
    Column("owner_agent_id", ForeignKey("agents.id"), nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("started_at", Instant, nullable=True),  # the first time; legal windows count from it
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("state IN ('draft', 'running', 'paused', 'finished')", name="state_known"),
    CheckConstraint("mode IN ('preview', 'progressive', 'power', 'predictive')", name="mode_known"),
    Index("ix_campaigns_state", "state", "priority"),
)

campaign_agents = Table(
    "campaign_agents",
    metadata,
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_campaign_agents_agent", "agent_id"),
)

campaign_segments = Table(
    "campaign_segments",
    metadata,
    # How far each segment is: kept in step by whoever leases and releases, never counted anew.
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("segment", String(64), primary_key=True),
    Column("completed", Integer, nullable=False, server_default="0"),
    Column("leased", Integer, nullable=False, server_default="0"),
    Column("dialled", Integer, nullable=False, server_default="0"),
)

attempts = Table(
    "attempts",
    metadata,
    # Every dial, written before it is made and never removed: the law's counts rest on it.
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=False),
    Column("entry_id", ForeignKey("entries.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("number", String(20), nullable=False),  # E.164
    Column("position", Integer, nullable=False, server_default="0"),  # of the entry's numbers
    Column("mode", String(16), nullable=False),
    # Whether an operator was sure for it, whatever the mode.
    Column("certain", Boolean, nullable=False, server_default="0"),
    Column("decided_at", Instant, nullable=False),
    Column("reason", Json, nullable=False, server_default="{}"),  # the pacing decision
    Column("profile_key", String(64), nullable=False),
    Column("profile_version", Integer, nullable=False),
    Column("channel_id", String(64), nullable=False, unique=True),
    Column("ring_started_at", Instant, nullable=True),
    Column("answered_at", Instant, nullable=True),
    Column("greeting_ended_at", Instant, nullable=True),
    Column("connected_at", Instant, nullable=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Column("message_played_at", Instant, nullable=True),
    Column("opted_out_at", Instant, nullable=True),
    Column("machine_result", String(16), nullable=True),
    Column("ended_at", Instant, nullable=True),
    # A word of telephony.events.Outcome; None while it goes on, and for ever where it was lost.
    Column("outcome", String(16), nullable=True),
    Column("verdict", String(16), nullable=True),
    Column("disposition_id", ForeignKey("dispositions.id"), nullable=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="SET NULL"), nullable=True, index=True),
    # The process died with it: it may have rung, so it counts, but nobody knows how it ended.
    Column("lost", Boolean, nullable=False, server_default="0"),
    Index("ix_attempts_number", "number", "decided_at"),
    Index("ix_attempts_client", "client_id", "decided_at"),
    Index("ix_attempts_campaign", "campaign_id", "decided_at"),
    # The few that go on among the millions that are over.
    Index(
        "ix_attempts_open",
        "campaign_id",
        "decided_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

answer_hours = Table(
    "answer_hours",
    metadata,
    # What was learned of when people answer, all campaigns together (order/best_hours.py): kind of
    # number, kind of day, hour of the called person's clock; weights fade from `as_of` on.
    Column("kind", String(16), primary_key=True),
    Column("day", String(16), primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("dialled", Integer, nullable=False, server_default="0"),  # thousandths
    Column("answered", Integer, nullable=False, server_default="0"),  # thousandths
    Column("as_of", Instant, nullable=False),
)
