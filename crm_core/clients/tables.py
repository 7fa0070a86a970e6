"""Clients (an organisation or a private person), contacts at them, and everybody's numbers."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crm_core.storage.base import Instant, metadata

clients = Table(
    "clients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(300), nullable=False),
    Column("owner_agent_id", ForeignKey("agents.id"), nullable=True, index=True),
    Column("note", Text, nullable=False, server_default=""),
    # One shadow column by one normaliser (NFKC, casefold, yo -> ye), searched on both engines.
    Column("search", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deleted_at", Instant, nullable=True),
    CheckConstraint("kind IN ('organisation', 'person')", name="kind_known"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(300), nullable=False),
    Column("position", String(200), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
)

client_numbers = Table(
    "client_numbers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("written", String(64), nullable=False),  # as the person typed it
    Column("e164", String(20), nullable=True),  # None when it is no valid number
    Column("extension", String(16), nullable=False, server_default=""),
    Column("digits", String(32), nullable=False),
    Column("last_digits", String(7), nullable=False, index=True),  # for matching by the ending
    Column("label", String(64), nullable=False, server_default=""),
    Column("wrong", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Index("ix_client_numbers_e164_client", "e164", "client_id"),
    Index("ix_client_numbers_digits", "digits"),
    UniqueConstraint("client_id", "digits", "extension"),
)

number_choices = Table(
    "number_choices",
    metadata,
    # Which of several clients with one number was meant last time.
    Column("number", String(32), primary_key=True),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    Column("chosen_by", ForeignKey("agents.id"), nullable=True),
    Column("chosen_at", Instant, nullable=False),
)
