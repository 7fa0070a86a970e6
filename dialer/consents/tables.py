"""Consents and the words they were given in. A row is written once: what is corrected is superseded
by another, what is taken back says since when."""

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

from crm_core.clients.tables import CLAIMED
from crm_core.storage.base import Instant, metadata

consent_wordings = Table(
    "consent_wordings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("agents.id"), nullable=True),
    Column("retired_at", Instant, nullable=True),
    Column("retired_by", ForeignKey("agents.id"), nullable=True),
    UniqueConstraint("title", "version"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("contact_id", ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True, index=True),
    # One contact's alone, also when the contact is gone: it is never everybody's at the client.
    Column("contact_bound", Boolean, nullable=False, server_default="0"),
    Column("person", String(300), nullable=False, server_default=""),  # who it was, by name
    # None: for any number of his.
    Column("e164", String(20), nullable=True, index=True),
    Column("purpose", String(9), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("wording_id", ForeignKey("consent_wordings.id"), nullable=False, index=True),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("call_id", ForeignKey("calls.call_id"), nullable=True),
    Column("given_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=True, index=True),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", ForeignKey("agents.id"), nullable=True),
    Column("revoked_at", Instant, nullable=True),
    Column("revoked_by", ForeignKey("agents.id"), nullable=True),
    Column("revoked_through", String(8), nullable=True),
    Column("revocation", Text, nullable=False, server_default=""),
    Column("superseded_by_id", ForeignKey("consents.id"), nullable=True, index=True),
    # The person was erased: what is left proves that there was a consent to whoever brings the
    # number, and tells nobody else whose it was.
    Column("erased_at", Instant, nullable=True),
    Column("number_proof", Text, nullable=False, server_default=""),
    CheckConstraint("purpose IN ('calls', 'recording', 'messages')", name="purpose_known"),
    CheckConstraint(
        "channel IN ('web_form', 'paper', 'call', 'email', 'message', 'import')",
        name="channel_known",
    ),
    Index("ix_consents_client_purpose", "client_id", "purpose"),
    info={CLAIMED: {"contact_bound": (False, True)}},
)
