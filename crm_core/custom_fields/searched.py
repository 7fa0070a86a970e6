"""What a record is found by of its own fields: texts, links and choices of fields in use.

The index is one for all roles: what is hidden from anybody is found by nobody.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.tables import clients
from crm_core.custom_fields.reading import CustomField, list_fields
from crm_core.custom_fields.types import CHOOSING, FieldType
from crm_core.deals.tables import deals
from crm_core.leads.tables import leads
from crm_core.search.kinds import SearchKind

FOUND_BY: Final = CHOOSING | {FieldType.TEXT, FieldType.LINK}
RECORDS: Final = {SearchKind.CLIENT: clients, SearchKind.LEAD: leads, SearchKind.DEAL: deals}


async def own_texts(
    connection: AsyncConnection, kind: SearchKind, values: Mapping[str, Any] | None
) -> list[str]:
    """The texts in the `fields` of one record."""
    if not values:
        return []
    fields = await list_fields(connection, kind.value)
    found: list[str] = []
    for field in fields:
        if field.key in values and not field.hidden_from and field.type in FOUND_BY:
            found += _texts(field, values[field.key])
    return found


async def own_values(
    connection: AsyncConnection, kind: SearchKind, record_id: int
) -> dict[str, Any]:
    """The `fields` of one record; {} for one that is gone."""
    table = RECORDS[kind]
    query = select(table.c.fields).where(table.c.id == record_id)
    return dict((await connection.execute(query)).scalar_one_or_none() or {})


async def bearing(connection: AsyncConnection, kind: str, field_id: int) -> list[int]:
    """The records of a kind in which this field says anything."""
    table = RECORDS[SearchKind(kind)]
    value = table.c.fields[str(field_id)].as_string()
    query = select(table.c.id).where(value.is_not(None)).order_by(table.c.id)
    return list((await connection.execute(query)).scalars())


def _texts(field: CustomField, value: Any) -> list[str]:
    if field.type not in CHOOSING:
        return [str(value)]
    chosen = value if isinstance(value, list) else [value]
    return [choice.title for choice in field.choices if choice.id in chosen]
