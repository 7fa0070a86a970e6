"""Agents (everyone who logs in), extensions, queues and their teams, pause reasons, sessions."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from crm_core.storage.base import Instant, Json, metadata

agents = Table(
    "agents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    Column("theme", String(8), nullable=False, server_default="auto"),
    Column("active", Boolean, nullable=False, server_default="1"),
    # Kept from key clients, but for his own, until he knows the trade.
    Column("newcomer", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint(
        "role IN ('operator', 'supervisor', 'head_of_sales', 'administrator')", name="role_known"
    ),
)

role_rights = Table(
    "role_rights",
    metadata,
    # Only what an administrator changed: a role without a row has the rights it came with.
    Column("role", String(32), primary_key=True),
    Column("rights", Json, nullable=False),  # {"client": {"see": "team", …}, …}
)

extensions = Table(
    "extensions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("interface", String(128), nullable=False, unique=True),
    # An extension with an owner is his fixed desk; without one it is a hot desk for anybody.
    Column("agent_id", ForeignKey("agents.id"), nullable=True, index=True),
    Column("active", Boolean, nullable=False, server_default="1"),
)

endpoint_roles = Table(
    "endpoint_roles",
    metadata,
    # Only corrections: an endpoint without a row is what the pattern of the settings says.
    Column("endpoint", String(128), primary_key=True),
    Column("role", String(8), nullable=False),
    CheckConstraint("role IN ('phone', 'trunk')", name="role_known"),
)

queues = Table(
    "queues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(128), nullable=False, unique=True),  # as Asterisk calls it
    Column("title", String(200), nullable=False),
    Column("wrap_up_seconds", Integer, nullable=False, server_default="60"),
    Column("wrap_up_skippable", Boolean, nullable=False, server_default="0"),
    Column("next_step_required", Boolean, nullable=False, server_default="1"),
    Column("callback_due_seconds", Integer, nullable=False, server_default="900"),
    Column("active", Boolean, nullable=False, server_default="1"),
)

queue_members = Table(
    "queue_members",
    metadata,
    Column("queue_id", ForeignKey("queues.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    Column("penalty", Integer, nullable=False, server_default="0"),
)

pause_reasons = Table(
    "pause_reasons",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
)

agent_states = Table(
    "agent_states",
    metadata,
    # The last known state of each agent, so that a restart finds people where they were.
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("since", Instant, nullable=False),
    Column("extension_id", ForeignKey("extensions.id"), nullable=True, unique=True),
    Column("call_id", String(150), nullable=True),
    # What was asked for and takes effect after the call: a pause, or going home.
    Column("pause_reason", String(64), nullable=True),
    Column("leaving", Boolean, nullable=False, server_default="0"),
)

agent_state_log = Table(
    "agent_state_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("started_at", Instant, nullable=False, index=True),
    Column("seconds", Float, nullable=True),
)

sessions = Table(
    "sessions",
    metadata,
    # The cookie holds a random token, the row its SHA-256: a stolen database opens no session.
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("user_agent", Text, nullable=False, server_default=""),
)
