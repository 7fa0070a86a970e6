"""What can be edited in place of a client and of all that hangs on him."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Table, delete, select, update

from crm_core.catalogues import Catalogue, entry_field
from crm_core.clients.about import access_what_stands
from crm_core.clients.access import access_client
from crm_core.clients.contact_points import PointField
from crm_core.clients.files import FileName
from crm_core.clients.numbers import NumberField
from crm_core.clients.requisites import REQUISITE_FIELDS
from crm_core.clients.tables import (
    client_numbers,
    clients,
    contact_points,
    contacts,
    files,
    legal_entities,
    notes,
    number_choices,
)
from crm_core.clients.touching import touch_client
from crm_core.custom_fields.editing import own_fields
from crm_core.deals.tables import deals
from crm_core.editing.editable import Editable, RowDoor
from crm_core.editing.fields import Choice, Field, Paragraphs, Row, YesNo
from crm_core.events import ClientChanged
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Write
from crm_core.tasks.tables import tasks

KINDS = ("person", "organisation")
LONGEST_NAME = 300
_OF_CLIENT = ("client_id", "client")


def client_editables(country: str) -> dict[str, Editable]:
    """By the word of each kind; `country` is the one whose people write the numbers ("RU")."""
    label = Field(limit=64)
    name = Field(limit=LONGEST_NAME, required=True)
    client = Editable(
        subject="client",
        table=clients,
        fields={
            "name": name,
            "kind": Choice(words=KINDS),
            "note": Paragraphs(),
            "relation_id": entry_field(Catalogue.RELATION),
            "category_id": entry_field(Catalogue.CATEGORY),
            "industry_id": entry_field(Catalogue.INDUSTRY),
            "is_key": YesNo(),
        },
        door=access_client,
        changed=_client_changed,
        further=own_fields("client"),
    )
    contact = _part(
        "contact",
        contacts,
        {
            "name": name,
            "position": Field(limit=200),
            "role_id": entry_field(Catalogue.ROLE),
            "note": Paragraphs(),
        },
        held_by=(
            client_numbers.c.contact_id,
            contact_points.c.contact_id,
            deals.c.contact_id,
            tasks.c.contact_id,
        ),
    )
    number = _part(
        "number",
        client_numbers,
        {
            "written": NumberField(limit=64, required=True, country=country),
            "label": label,
            "mobile": YesNo(),
            "wrong": YesNo(),
            "do_not_call": YesNo(),
        },
        called="written",
    )
    point = _part(
        "contact_point",
        contact_points,
        {
            "written": PointField(required=True),
            "label": label,
            "wrong": YesNo(),
            "do_not_write": YesNo(),
        },
        called="written",
    )
    entity = _part(
        "legal_entity",
        legal_entities,
        {"name": name, "address": Field(limit=500), **REQUISITE_FIELDS},
        held_by=(deals.c.legal_entity_id,),
    )
    about = access_what_stands  # they may belong to a lead or a deal, too
    text = {"text": Paragraphs(required=True), "pinned": YesNo()}
    note = _part("note", notes, text, called="id", narrower=about)
    file = _part("file", files, {"name": FileName(limit=255, required=True)}, narrower=about)
    return {each.subject: each for each in (client, contact, number, point, entity, note, file)}


def _part(
    kind: str,
    table: Table,
    fields: Mapping[str, Field],
    *,
    held_by: tuple[Column[Any], ...] = (),
    called: str = "name",
    narrower: RowDoor | None = None,
) -> Editable:
    return Editable(
        subject=kind,
        table=table,
        fields=fields,
        door=access_client,
        changed=_ENDINGS.get(kind, _part_changed),
        whole=_OF_CLIENT,
        held_by=held_by,
        called=called,
        narrower=narrower,
    )


async def _client_changed(tx: Write, now: datetime, row: Row) -> None:
    await touch_client(tx, now, row["id"])


async def _part_changed(tx: Write, now: datetime, row: Row) -> None:
    await touch_client(tx, now, row["client_id"])


async def _number_changed(tx: Write, now: datetime, row: Row) -> None:
    # Whom a number means is remembered only while it is his and right.
    mine = select(client_numbers.c.e164, client_numbers.c.digits).where(
        client_numbers.c.client_id == row["client_id"], client_numbers.c.wrong.is_(False)
    )
    keys = {each.e164 or each.digits for each in await tx.execute(mine)}
    await tx.execute(
        delete(number_choices).where(
            number_choices.c.client_id == row["client_id"], number_choices.c.number.not_in(keys)
        )
    )
    await touch_client(tx, now, row["client_id"])


async def _note_changed(tx: Write, now: datetime, row: Row) -> None:
    await tx.execute(update(notes).where(notes.c.id == row["id"]).values(edited_at=now))
    await reindex(tx, SearchKind.NOTE, row["id"])
    tx.announce(ClientChanged(client_id=row["client_id"]))


_ENDINGS: Final = {"number": _number_changed, "note": _note_changed}
