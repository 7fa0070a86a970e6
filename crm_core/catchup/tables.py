"""Until when the exchange was watched, and what comparing its log with ours has found."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from crm_core.storage.base import Instant, Json, metadata

exchange_watch = Table(
    "exchange_watch",
    metadata,
    Column("id", Integer, primary_key=True),  # the one row: 1
    # Calls of before were nobody's here: history, on which nobody has to act.
    Column("began_at", Instant, nullable=False),
    Column("watched_until", Instant, nullable=False),
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    # cel | cdr
    Column("source", String(8), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("finished_at", Instant, nullable=True),
    Column("calls", Integer, nullable=False, server_default="0"),
    Column("accounted", Integer, nullable=False, server_default="0"),
    # Why it came to nothing: a code.
    Column("trouble", String(32), nullable=True),
)

reconciliation_findings = Table(
    "reconciliation_findings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "reconciliation_id",
        ForeignKey("reconciliations.id", ondelete="CASCADE"),
        nullable=False,
    ),
    # missing | incomplete | differs | unlogged
    Column("verdict", String(16), nullable=False),
    Column("call_id", String(150), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    # Who called whom and what came of it, and field by field what we have and what the log has.
    Column("details", Json, nullable=False),
    Column("mended_at", Instant, nullable=True),
    Index("ix_reconciliation_findings_of", "reconciliation_id", "id"),
)
