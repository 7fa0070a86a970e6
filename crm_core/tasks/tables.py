"""Tasks: a promised next step, a callback that a missed call demands, a wrap-up left undone."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from crm_core.storage.base import Instant, metadata

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("client_id", ForeignKey("clients.id"), nullable=True, index=True),
    Column("call_id", String(150), nullable=True),  # the call that gave birth to it
    Column("number", String(32), nullable=False, server_default=""),
    # For one person, or for the team of a queue until somebody takes it.
    Column("assignee_agent_id", ForeignKey("agents.id"), nullable=True),
    Column("queue", String(128), nullable=True),
    Column("due_at", Instant, nullable=False),
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
    CheckConstraint("kind IN ('next_step', 'callback', 'wrap_up')", name="kind_known"),
    Index("ix_tasks_assignee_open", "assignee_agent_id", "done_at", "due_at"),
    Index("ix_tasks_queue_open", "queue", "done_at", "due_at"),
    Index("ix_tasks_number_open", "number", "done_at"),
    Index("ix_tasks_due_open", "done_at", "due_at"),
)
