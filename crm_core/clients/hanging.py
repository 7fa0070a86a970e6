"""What hangs on a client, in whatever package its table lives: the tables themselves say so.

A table whose `client_id` refers to a client is all his: it goes along when two turn out to be one.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from crm_core.clients.tables import CLAIMED, clients, contacts
from crm_core.storage.base import metadata


def hanging() -> dict[str, tuple[Table, str]]:
    """All that belongs to a client, with the key of a row; by the table's name."""
    return {
        table.name: (table, table.primary_key.columns[0].name)
        for table in metadata.tables.values()
        if _refers(table, "client_id", clients)
    }


def of_contacts() -> dict[str, tuple[Table, str]]:
    """All of a client's that may belong to one of his contacts."""
    return {
        name: (table, key)
        for name, (table, key) in hanging().items()
        if _refers(table, "contact_id", contacts)
    }


def claimed() -> dict[str, tuple[Table, Mapping[str, tuple[Any, Any]]]]:
    """What a contact claims, with what its columns say free and claimed (`CLAIMED`)."""
    return {
        name: (table, table.info[CLAIMED])
        for name, (table, _) in of_contacts().items()
        if CLAIMED in table.info
    }


def _refers(table: Table, column: str, to: Table) -> bool:
    return column in table.c and any(key.column.table is to for key in table.c[column].foreign_keys)
