"""What can be edited in place of a lead."""

from datetime import datetime
from typing import Final

from sqlalchemy import update

from crm_core.catalogues import Catalogue, entry_field
from crm_core.custom_fields.editing import own_fields
from crm_core.editing.editable import Editable
from crm_core.editing.fields import Field, Paragraphs, Row
from crm_core.leads.access import access_lead
from crm_core.leads.records import LONGEST_REQUEST, LONGEST_TITLE, lead_changed, touch
from crm_core.leads.tables import leads
from crm_core.storage.engine import Write


async def _changed(tx: Write, now: datetime, row: Row) -> None:
    mine = update(leads).where(leads.c.id == row["id"])
    await tx.execute(mine.values(version=leads.c.version + 1, updated_at=now))
    await touch(tx, row["id"], now)
    await lead_changed(tx, row)


LEAD: Final = Editable(
    subject="lead",
    table=leads,
    fields={
        "title": Field(limit=LONGEST_TITLE, required=True),
        "request": Paragraphs(limit=LONGEST_REQUEST),
        "source_id": entry_field(Catalogue.SOURCE),
        "marketing_campaign_id": entry_field(Catalogue.MARKETING_CAMPAIGN),
    },
    door=access_lead,
    changed=_changed,
    called="title",
    further=own_fields("lead"),
)
