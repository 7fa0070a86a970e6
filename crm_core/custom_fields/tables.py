"""What the office's own fields are; their values stand in `fields` of each record, by the id."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, String, Table

from crm_core.storage.base import Json, metadata

field_sections = Table(
    "field_sections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),  # of records
    Column("tab", String(100), nullable=False, server_default=""),  # "" is the card's own page
    Column("title", String(200), nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
    CheckConstraint("kind IN ('client', 'lead', 'deal')", name="kind_known"),
)

reshaped_fields = Table(
    "reshaped_fields",
    metadata,
    # Fields that are found by other words than before; who bears them is still to be found anew.
    Column("id", Integer, primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("field_id", Integer, nullable=False),
)

custom_fields = Table(
    "custom_fields",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("section_id", ForeignKey("field_sections.id"), nullable=False, index=True),
    Column("type", String(16), nullable=False),  # never changes: the values are of it
    Column("title", String(200), nullable=False),
    Column("hint", String(300), nullable=False, server_default=""),
    # Of a choice: {"choices": [{"id": 1, "title": "…", "active": true}]}; of money: its currency.
    Column("options", Json, nullable=False, server_default="{}"),
    Column("hidden_from", Json, nullable=False, server_default="[]"),  # roles
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default="1"),
    CheckConstraint(
        "type IN ('text', 'number', 'money', 'date', 'choice', 'choices', 'yes_no', 'link')",
        name="type_known",
    ),
)
