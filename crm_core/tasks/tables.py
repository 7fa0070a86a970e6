"""Tasks: a promised next step, a call, a meeting, a callback that a missed call demands, a wrap-up
left undone; and what was said about each."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from crm_core.storage.base import Instant, metadata

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("client_id", ForeignKey("clients.id"), nullable=True, index=True),
    Column("lead_id", ForeignKey("leads.id"), nullable=True, index=True),
    Column("deal_id", ForeignKey("deals.id"), nullable=True, index=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    # Who has to do it: `us`, or the client, and then we look on that day whether he did.
    Column("owed_by", String(8), nullable=False, server_default="us"),
    Column("call_id", String(150), nullable=True),  # the call that gave birth to it
    Column("number", String(32), nullable=False, server_default=""),
    # For one person, or for the team of a queue until somebody takes it.
    Column("assignee_agent_id", ForeignKey("agents.id"), nullable=True),
    Column("queue", String(128), nullable=True),
    Column("due_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=True),  # of what takes a time: a meeting
    Column("place", String(300), nullable=False, server_default=""),
    # How long before it is due somebody wants to be reminded; then when next, until he has acted.
    Column("remind_seconds", Integer, nullable=True),
    Column("remind_at", Instant, nullable=True),
    Column("reminded_at", Instant, nullable=True),
    # RFC 5545, reckoned in the zone it was promised in; all occurrences of one promise share the
    # id of the first as their series.
    Column("rrule", String(300), nullable=False, server_default=""),
    Column("rrule_zone", String(64), nullable=False, server_default=""),
    Column("series_id", Integer, nullable=True, index=True),
    Column("call_count", Integer, nullable=False, server_default="0"),
    Column("last_call_at", Instant, nullable=True),
    Column("escalated_at", Instant, nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("done_at", Instant, nullable=True),
    Column("done_by", ForeignKey("agents.id"), nullable=True),
    Column("done_call_id", String(150), nullable=True),
    # done | talked | cancelled
    Column("ending", String(16), nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint(
        "kind IN ('next_step', 'call', 'meeting', 'callback', 'wrap_up')", name="kind_known"
    ),
    CheckConstraint("owed_by IN ('us', 'client')", name="owed_by_known"),
    Index("ix_tasks_assignee_open", "assignee_agent_id", "done_at", "due_at"),
    Index("ix_tasks_queue_open", "queue", "done_at", "due_at"),
    Index("ix_tasks_number_open", "number", "done_at"),
    Index("ix_tasks_due_open", "done_at", "due_at"),
    Index("ix_tasks_client_done", "client_id", "done_at"),
    Index(
        "ix_tasks_remind_open",
        "remind_at",
        sqlite_where=text("done_at IS NULL AND reminded_at IS NULL"),
        postgresql_where=text("done_at IS NULL AND reminded_at IS NULL"),
    ),
)

task_comments = Table(
    "task_comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
