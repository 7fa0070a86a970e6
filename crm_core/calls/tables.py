"""The call log: calls, the linkedids that became them, legs, offers, transfers, holds, wrap-ups."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from crm_core.storage.base import Instant, metadata

calls = Table(
    "calls",
    metadata,
    Column("call_id", String(150), primary_key=True),
    Column("direction", String(16), nullable=False),
    Column("caller", String(80), nullable=False, server_default=""),
    Column("caller_name", String(300), nullable=False, server_default=""),
    Column("dialled", String(80), nullable=False, server_default=""),
    # The outside party's number, normalised where valid: what tasks and clients are matched by.
    Column("number", String(32), nullable=False, server_default=""),
    Column("queue", String(128), nullable=True),
    Column("outcome", String(16), nullable=True),
    Column("started_at", Instant, nullable=False),
    Column("answered_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    Column("wait_seconds", Float, nullable=False, server_default="0"),
    Column("talk_seconds", Float, nullable=False, server_default="0"),
    Column("hold_seconds", Float, nullable=False, server_default="0"),
    Column("ended_by", String(16), nullable=True),
    Column("hangup_cause", Integer, nullable=True),
    Column("client_id", ForeignKey("clients.id"), nullable=True),
    Column("complete", Boolean, nullable=False, server_default="1"),
    Index("ix_calls_started_at", "started_at"),
    Index("ix_calls_client_started", "client_id", "started_at"),
    Index("ix_calls_number_started", "number", "started_at"),
    # The few that are open among the millions that are not.
    Index(
        "ix_calls_open",
        "started_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

call_linkedids = Table(
    "call_linkedids",
    metadata,
    # Also keeps the ids of absorbed calls, so that a late fact of theirs finds the survivor.
    Column("linkedid", String(150), primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False, index=True),
)

call_legs = Table(
    "call_legs",
    metadata,
    Column("uniqueid", String(150), primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("channel", String(128), nullable=False),
    Column("interface", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("answered_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    Column("cause", Integer, nullable=True),
)

call_offers = Table(
    "call_offers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False),
    Column("interface", String(128), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=True, index=True),
    Column("queue", String(128), nullable=True),
    Column("offered_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("result", String(24), nullable=True),
    UniqueConstraint("call_id", "interface", "offered_at"),
)

call_talks = Table(
    "call_talks",
    metadata,
    # One row a phone that talked, in order: `answered_by`, with the person who sat there then.
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("interface", String(128), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=True, index=True),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    UniqueConstraint("call_id", "interface", "started_at"),
)

call_transfers = Table(
    "call_transfers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("from_interface", String(128), nullable=False),
    Column("to", String(128), nullable=False),
    UniqueConstraint("call_id", "at", "from_interface"),
)

call_holds = Table(
    "call_holds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("interface", String(128), nullable=False),
    Column("parked", Boolean, nullable=False, server_default="0"),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    UniqueConstraint("call_id", "interface", "started_at"),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    # Whether a conversation with this end needs a next step before it may be closed.
    Column("needs_next_step", Boolean, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
)

wrap_ups = Table(
    "wrap_ups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.call_id", ondelete="CASCADE"), nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("started_at", Instant, nullable=True),  # None: notes taken while the call still goes on
    Column("deadline_at", Instant, nullable=True),
    Column("finished_at", Instant, nullable=True),
    # saved | skipped | expired
    Column("ending", String(16), nullable=True),
    Column("disposition_id", ForeignKey("dispositions.id"), nullable=True),
    Column("note", Text, nullable=False, server_default=""),
    Column("task_id", ForeignKey("tasks.id"), nullable=True),
    UniqueConstraint("call_id", "agent_id"),
    Index("ix_wrap_ups_agent_open", "agent_id", "finished_at"),
    Index(
        "ix_wrap_ups_deadline_open",
        "deadline_at",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
)
