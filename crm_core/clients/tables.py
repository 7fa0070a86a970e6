"""Clients (an organisation or a private person), contacts at them, the ways to reach everybody, and
whom they are on paper.

Whoever asks for something for the first time is a row of `clients` as well, with a lead and without
`client_since`: becoming a client then moves no line of anybody's history.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from crm_core.storage.base import Instant, Json, metadata

CLAIMED: Final = "claimed"
"""In a table's `info`: its rows of nobody in particular become the contact's whom a person turns
into at an organisation; by column, the value of a free row and that of a claimed one."""

clients = Table(
    "clients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("name", String(300), nullable=False),
    Column("owner_agent_id", ForeignKey("agents.id"), nullable=True, index=True),
    # None while only a lead knows him.
    Column("client_since", Instant, nullable=True),
    # Of the catalogues: what he is to us, how we sort him, what he does.
    Column("relation_id", ForeignKey("catalogue_entries.id"), nullable=True, index=True),
    Column("category_id", ForeignKey("catalogue_entries.id"), nullable=True, index=True),
    Column("industry_id", ForeignKey("catalogue_entries.id"), nullable=True, index=True),
    # A key client may be kept from newcomers; one under legal hold is not erased.
    Column("is_key", Boolean, nullable=False, server_default="0"),
    Column("legal_hold", Boolean, nullable=False, server_default="0"),
    # Values of the office's own fields by their id.
    Column("fields", Json, nullable=False, server_default="{}"),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("updated_at", Instant, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("deleted_at", Instant, nullable=True),
    # All that told who he was is gone for good; his calls are still counted.
    Column("erased_at", Instant, nullable=True),
    CheckConstraint("kind IN ('organisation', 'person')", name="kind_known"),
    Index("ix_clients_name", "name"),
    Index("ix_clients_updated", "updated_at"),
    Index("ix_clients_created", "created_at"),
)

client_merges = Table(
    "client_merges",
    metadata,
    # Two that were one person: what moved from one to the other, so that it can be taken back.
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Column("kept_id", ForeignKey("clients.id"), nullable=False, index=True),
    Column("merged_id", ForeignKey("clients.id"), nullable=False, index=True),
    Column("moved", Json, nullable=False),
    Column("undone_at", Instant, nullable=True),
    Column("undone_by", ForeignKey("agents.id"), nullable=True),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(300), nullable=False),
    Column("position", String(200), nullable=False, server_default=""),
    Column("role_id", ForeignKey("catalogue_entries.id"), nullable=True),
    Column("note", Text, nullable=False, server_default=""),
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
    Column("mobile", Boolean, nullable=False, server_default="0"),
    Column("wrong", Boolean, nullable=False, server_default="0"),
    Column("do_not_call", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Index("ix_client_numbers_e164_client", "e164", "client_id"),
    Index("ix_client_numbers_digits", "digits"),
    UniqueConstraint("client_id", "digits", "extension"),
    info={CLAIMED: {}},
)

contact_points = Table(
    "contact_points",
    metadata,
    # Every way to reach somebody that is not a telephone number.
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", ForeignKey("contacts.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("kind", String(16), nullable=False),
    Column("written", String(500), nullable=False),  # as the person typed it
    Column("key", String(500), nullable=False),  # folded: two writings of one address are equal
    Column("label", String(64), nullable=False, server_default=""),
    Column("wrong", Boolean, nullable=False, server_default="0"),
    Column("do_not_write", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("kind IN ('email', 'messenger', 'address', 'site')", name="kind_known"),
    UniqueConstraint("client_id", "kind", "key"),
    Index("ix_contact_points_key", "kind", "key"),
    info={CLAIMED: {}},
)

legal_entities = Table(
    "legal_entities",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("country", String(2), nullable=False),
    Column("name", String(300), nullable=False),
    # By the name of each in its country: inn, kpp, ogrn; ico, dic, vat.
    Column("requisites", Json, nullable=False),
    Column("address", String(500), nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    # What somebody wrote down of his own accord; what belongs to a call is in its wrap-up.
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("lead_id", ForeignKey("leads.id"), nullable=True),
    Column("deal_id", ForeignKey("deals.id"), nullable=True, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Column("text", Text, nullable=False),
    Column("pinned", Boolean, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("edited_at", Instant, nullable=True),
    Index("ix_notes_client_created", "client_id", "created_at"),
)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("lead_id", ForeignKey("leads.id"), nullable=True),
    Column("deal_id", ForeignKey("deals.id"), nullable=True, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=True),
    Column("name", String(255), nullable=False),
    Column("media_type", String(127), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Index("ix_files_client_created", "client_id", "created_at"),
)

file_bytes = Table(
    "file_bytes",
    metadata,
    # In the database, so that a backup holds them and a file is there whole or not at all; in
    # pieces, so that no write keeps the journal waiting.
    Column("sha256", String(64), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("piece", LargeBinary, nullable=False),
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
