"""What can be edited in place of a deal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm_core.clients.tables import contacts, legal_entities
from crm_core.custom_fields.editing import own_fields
from crm_core.deals.access import access_deal
from crm_core.deals.records import LONGEST_TITLE, deal_changed
from crm_core.deals.selling import has_lines
from crm_core.deals.tables import deals
from crm_core.editing.editable import Editable
from crm_core.editing.fields import Day, Field, Money, Paragraphs, Reference, Row, Whole
from crm_core.errors import Invalid
from crm_core.storage.engine import Write


@dataclass(frozen=True, slots=True)
class Amount(Money):
    """Written by hand as long as the deal has no lines. Invalid(name): amount_of_lines."""

    async def check(self, connection: AsyncConnection, name: str, value: Any, row: Row) -> None:
        if await has_lines(connection, row["id"]):
            raise Invalid(name, "amount_of_lines")


def _contacts(row: Row) -> Select[tuple[int]]:
    return select(contacts.c.id).where(contacts.c.client_id == row["client_id"])


def _entities(row: Row) -> Select[tuple[int]]:
    return select(legal_entities.c.id).where(legal_entities.c.client_id == row["client_id"])


async def _changed(tx: Write, now: datetime, row: Row) -> None:
    mine = update(deals).where(deals.c.id == row["id"])
    await tx.execute(mine.values(version=deals.c.version + 1, updated_at=now))
    await deal_changed(tx, row)


DEAL: Final = Editable(
    subject="deal",
    table=deals,
    fields={
        "title": Field(limit=LONGEST_TITLE, required=True),
        "note": Paragraphs(),
        "amount": Amount(),
        "expected_on": Day(),
        "probability": Whole(most=100),
        "contact_id": Reference(allowed=_contacts),
        "legal_entity_id": Reference(allowed=_entities),
    },
    door=access_deal,
    changed=_changed,
    called="title",
    further=own_fields("deal"),
)
