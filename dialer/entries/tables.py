"""Entries of campaigns, their numbers, and the buckets by which those are found that may be dialled
now without looking at those that may not."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from crm_core.storage.base import Instant, Json, metadata

entry_buckets = Table(
    "entry_buckets",
    metadata,
    # Entries of a campaign that are open and closed together: one set of zones, segment and kind.
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("zones", String(600), nullable=False),  # IANA names in their order, a space between
    Column("segment", String(64), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False),
    UniqueConstraint("campaign_id", "zones", "segment", "kind"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    Column("segment", String(64), nullable=False, server_default=""),
    Column("priority", Integer, nullable=False, server_default="5"),
    Column("state", String(16), nullable=False, server_default="ready"),
    # A waiting one is ready from then on; a certain one is for any operator from then on.
    Column("due_at", Instant, nullable=True),
    # Why it waits or is never dialled again: a word of order/reasons.py or compliance.permission.
    Column("reason", String(32), nullable=False, server_default=""),
    Column("bucket_id", ForeignKey("entry_buckets.id"), nullable=True),
    Column("rank", BigInteger, nullable=False),  # order/ranking.py: the least is dialled first
    # The number that is next, and its place among the entry's.
    Column("e164", String(20), nullable=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),  # since it was (re)started
    Column("last_outcome", String(16), nullable=True),
    Column("last_at", Instant, nullable=True),
    # When the person himself asked to be called: minutes matter then.
    Column("requested_at", Instant, nullable=True),
    Column("callback_at", Instant, nullable=True),
    Column("callback_agent_id", ForeignKey("agents.id"), nullable=True),
    # Dialled only with an operator sure: promised callbacks, and who was abandoned before.
    Column("needs_agent", Boolean, nullable=False, server_default="0"),
    # The operator to whom it was promised may be away: from then on anybody may.
    Column("anybody_at", Instant, nullable=True),
    # The one who must be there for it now; None for any.
    Column("for_agent_id", ForeignKey("agents.id"), nullable=True),
    Column("leased_until", Instant, nullable=True),
    Column("lease_key", String(64), nullable=True),
    # How often it was started, and when this time: attempts of before do not count for the retries.
    Column("round", Integer, nullable=False, server_default="1"),
    Column("started_at", Instant, nullable=False),
    Column("source", String(200), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    CheckConstraint(
        "state IN ('waiting', 'ready', 'certain', 'leased', 'done', 'never')", name="state_known"
    ),
    Index("ix_entries_ready", "bucket_id", "state", "rank", "id"),
    Index("ix_entries_certain", "campaign_id", "state", "for_agent_id", "rank"),
    Index("ix_entries_due", "campaign_id", "state", "due_at"),
    Index("ix_entries_client", "client_id", "campaign_id"),
    Index(
        "ix_entries_leased",
        "leased_until",
        sqlite_where=text("state = 'leased'"),
        postgresql_where=text("state = 'leased'"),
    ),
)

entry_numbers = Table(
    "entry_numbers",
    metadata,
    Column("entry_id", ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    # Repeated from the entry, so that no number is twice on a campaign's list.
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("e164", String(20), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("zones", String(600), nullable=False),
    Column("state", String(16), nullable=False, server_default="ok"),  # ok | wrong | refused
    PrimaryKeyConstraint("entry_id", "position"),
    UniqueConstraint("campaign_id", "e164"),
)

entry_changes = Table(
    "entry_changes",
    metadata,
    # What one command has done to entries of a list, so that it can be taken back.
    Column("id", Integer, primary_key=True),
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    # Of each entry what it was: [id, state, reason, due_at, priority].
    Column("before", Json, nullable=False),
    Column("priority", Integer, nullable=True),  # that was given to all of them
    Column("made_at", Instant, nullable=False),
    Column("made_by", ForeignKey("agents.id"), nullable=True),
    Column("undone_at", Instant, nullable=True),
    Column("undone_by", ForeignKey("agents.id"), nullable=True),
    CheckConstraint("kind IN ('removed', 'prioritised')", name="kind_known"),
    Index("ix_entry_changes_campaign_id", "campaign_id"),
)

list_fillings = Table(
    "list_fillings",
    metadata,
    # How the last filling of a campaign's list went, or how far it is.
    Column("campaign_id", ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("total", Integer, nullable=False),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("not_loaded", Json, nullable=False, server_default="{}"),  # counts by reason
    Column("told", Json, nullable=False, server_default="[]"),  # the first: [client id, reason]
    Column("began_at", Instant, nullable=False),
    Column("began_by", ForeignKey("agents.id"), nullable=True),
    Column("ended_at", Instant, nullable=True),
    Column("broke", Boolean, nullable=False, server_default="0"),
)
