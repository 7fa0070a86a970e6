"""The do-not-call lists. Nothing an office has entered is ever deleted: a row says from when until
when a number stood on a list, through whom and why."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)

from crm_core.storage.base import Instant, Json, metadata

do_not_call_lists = Table(
    "do_not_call_lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("title", String(200), nullable=False, server_default=""),
    Column("country", String(2), nullable=False, server_default=""),  # of a national one
    Column("campaign_id", ForeignKey("campaigns.id"), nullable=True, index=True),
    # Days after which an imported list must be renewed; None: it does not grow old.
    Column("fresh_days", Integer, nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("retired_at", Instant, nullable=True),
    Column("retired_by", ForeignKey("agents.id"), nullable=True),
    CheckConstraint("kind IN ('own', 'campaign', 'national')", name="kind_known"),
    CheckConstraint("(kind = 'campaign') = (campaign_id IS NOT NULL)", name="whose_it_is"),
)

do_not_call_imports = Table(
    "do_not_call_imports",
    metadata,
    # A file read into a list. Of a national list one is in force at a time, of the others all are.
    Column("id", Integer, primary_key=True),
    Column("list_id", ForeignKey("do_not_call_lists.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),  # proves which file it was
    Column("source", String(500), nullable=False, server_default=""),  # where the office had it
    Column("began_at", Instant, nullable=False),
    Column("imported_by", ForeignKey("agents.id"), nullable=True),
    # How far it is, kept with the numbers themselves: after a stop it goes on from here.
    Column("bytes_total", BigInteger, nullable=False, server_default="0"),
    Column("bytes_read", BigInteger, nullable=False, server_default="0"),
    Column("lines", BigInteger, nullable=False, server_default="0"),
    Column("numbers", BigInteger, nullable=False, server_default="0"),
    Column("nonsense", BigInteger, nullable=False, server_default="0"),
    Column("samples", Json, nullable=False, server_default="[]"),  # first lines of nonsense
    Column("in_force_at", Instant, nullable=True),
    Column("expires_at", Instant, nullable=True),
    Column("ended_at", Instant, nullable=True),
    Column("ended_by", ForeignKey("agents.id"), nullable=True),
    CheckConstraint(
        "state IN ('reading', 'in_force', 'replaced', 'broken_off', 'undone')", name="state_known"
    ),
)

do_not_call_numbers = Table(
    "do_not_call_numbers",
    metadata,
    # What stands on own and campaign lists.
    Column("id", Integer, primary_key=True),
    Column("list_id", ForeignKey("do_not_call_lists.id"), nullable=False),
    Column("e164", String(20), nullable=False),
    Column("how", String(8), nullable=False),
    Column("reason", String(500), nullable=False, server_default=""),
    Column("client_id", ForeignKey("clients.id"), nullable=True, index=True),
    Column("call_id", ForeignKey("calls.call_id"), nullable=True),
    Column("import_id", ForeignKey("do_not_call_imports.id"), nullable=True, index=True),
    Column("added_at", Instant, nullable=False),
    Column("added_by", ForeignKey("agents.id"), nullable=True),
    Column("until", Instant, nullable=True),
    Column("removed_at", Instant, nullable=True),
    Column("removed_by", ForeignKey("agents.id"), nullable=True),
    Column("removal", String(500), nullable=False, server_default=""),  # why, or the evidence
    CheckConstraint(
        "how IN ('said', 'pressed', 'written', 'imported', 'office')", name="how_known"
    ),
    Index(
        "uq_do_not_call_numbers_active",
        "e164",
        "list_id",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
    Index("ix_do_not_call_numbers_list", "list_id", "id"),
)

do_not_call_imported = Table(
    "do_not_call_imported",
    metadata,
    # The numbers of national lists, millions of them: the digits of E.164 and nothing else.
    Column("number", BigInteger, nullable=False),
    Column("import_id", ForeignKey("do_not_call_imports.id"), nullable=False),
    PrimaryKeyConstraint("number", "import_id"),
    sqlite_with_rowid=False,
)
