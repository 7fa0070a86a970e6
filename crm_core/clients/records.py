"""Clients and what hangs on them: made and added to; each change told and audited.

What is already there is edited and removed through `crm_core.editing`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.agents.roles import Role, id_of
from crm_core.clients.about import About, access_about
from crm_core.clients.access import access_client
from crm_core.clients.contact_points import (
    MOST_POINTS,
    PointKind,
    find_point,
    point_key,
    read_point,
)
from crm_core.clients.editable import KINDS, LONGEST_NAME
from crm_core.clients.indexing import index_client
from crm_core.clients.numbers import MOST_NUMBERS, insert_number, read_numbers
from crm_core.clients.queries import Client
from crm_core.clients.requisites import checked_requisite, requisites_of
from crm_core.clients.tables import (
    clients,
    contact_points,
    contacts,
    legal_entities,
    notes,
    number_choices,
)
from crm_core.clients.touching import touch_client
from crm_core.clock import Clock
from crm_core.editing.edits import PART
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import ClientChanged, ClientChosen, ClientCreated
from crm_core.search.index import reindex
from crm_core.search.kinds import SearchKind
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line, paragraphs
from telephony.numbers import Number, is_anonymous, normalise

LONGEST_NOTE = 20_000
MOST_ENTITIES = 50


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client as `checked_client` has read him: numbers as written and as understood."""

    name: str
    kind: str
    numbers: tuple[tuple[str, Number], ...]
    email: str
    contact_name: str


def checked_client(
    country: str,
    *,
    name: str,
    kind: str = "person",
    number: str | None = None,
    email: str | None = None,
    contact_name: str | None = None,
) -> NewClient:
    """What a person typed of somebody new. `number` may hold several.

    Invalid: required, too_long, number_without_digits, unknown_choice, email_bad.
    """
    if kind not in KINDS:
        raise Invalid("kind", "unknown_choice", value=kind)
    return NewClient(
        name=line("name", name, limit=LONGEST_NAME),
        kind=kind,
        numbers=tuple(read_numbers(number, country)) if number and number.strip() else (),
        email=_email(email or ""),
        contact_name=line("contact_name", contact_name or "", limit=LONGEST_NAME, required=False),
    )


async def insert_client(
    tx: Write,
    now: datetime,
    actor: Agent | None,
    new: NewClient,
    *,
    client_since: datetime | None,
    owner_agent_id: int | None,
) -> int:
    """The id of a new row of `clients`, told and audited; `client_since` None while he is only a
    lead's."""
    made = await tx.execute(
        insert(clients).values(
            name=new.name,
            kind=new.kind,
            owner_agent_id=owner_agent_id,
            client_since=client_since,
            created_at=now,
            created_by=id_of(actor),
            updated_at=now,
        )
    )
    client_id = int(made.inserted_primary_key[0])
    contact_id = await _insert_contact(tx, now, client_id, new.contact_name)
    for written, understood in new.numbers:
        await insert_number(tx, now, client_id, contact_id, written, understood)
    if new.email:
        await _insert_point(tx, now, client_id, contact_id, PointKind.EMAIL, new.email, "")
    said = {"name": new.name, "kind": new.kind, "number": ", ".join(n for n, _ in new.numbers)}
    await audit.record(tx, now, id_of(actor), "created", "client", client_id, **said)
    await index_client(tx, client_id)
    tx.announce(ClientCreated(client_id=client_id))
    return client_id


class Clients:
    """Commands on clients; `country` is the one whose people write the numbers ("RU")."""

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country

    async def create(
        self,
        actor: Agent | None,
        *,
        name: str,
        kind: str = "person",
        number: str | None = None,
        email: str | None = None,
        contact_name: str | None = None,
    ) -> int:
        """A new client's id; owned by the operator who made him. See `checked_client`."""
        now = self._clock.now()
        new = checked_client(
            self._country,
            name=name,
            kind=kind,
            number=number,
            email=email,
            contact_name=contact_name,
        )
        owner = actor.id if actor is not None and actor.role is Role.OPERATOR else None
        async with self._storage.write() as tx:
            return await insert_client(tx, now, actor, new, client_since=now, owner_agent_id=owner)

    async def add_number(
        self,
        actor: Agent,
        client_id: int,
        written: str,
        *,
        label: str = "",
        contact_id: int | None = None,
    ) -> list[int]:
        """The ids of the numbers in `written`. Conflict("number_known") for one that he has;
        one that had been marked wrong is right again. Invalid: number_without_digits."""
        now, label = self._clock.now(), _label(label)
        async with self._storage.write() as tx:
            client = await self._of_contact(tx, actor, client_id, contact_id)
            numbers = read_numbers(written, self._country)
            if len(client.numbers) + len(numbers) > MOST_NUMBERS:
                raise Invalid("number", "too_many_numbers", most=MOST_NUMBERS)
            ids = [
                await insert_number(tx, now, client_id, contact_id, each, understood, label)
                for each, understood in numbers
            ]
            for number_id, (each, _) in zip(ids, numbers, strict=True):
                await self._added(tx, actor, client_id, "number", number_id, each)
        return ids

    async def add_point(
        self,
        actor: Agent,
        client_id: int,
        kind: PointKind,
        written: str,
        *,
        label: str = "",
        contact_id: int | None = None,
    ) -> int:
        """The id of another way to reach the client or a person there. Invalid: see `read_point`,
        too_many_points; Conflict("point_known")."""
        now, label, kept = self._clock.now(), _label(label), read_point(kind, written)
        async with self._storage.write() as tx:
            await self._of_contact(tx, actor, client_id, contact_id)
            if await find_point(tx.connection, client_id, kind, kept) is not None:
                raise Conflict("point_known", value=kept)
            await _refuse_more(tx, contact_points, client_id, MOST_POINTS, "too_many_points")
            point_id = await _insert_point(tx, now, client_id, contact_id, kind, kept, label)
            await self._added(tx, actor, client_id, "contact_point", point_id, kept)
        return point_id

    async def add_contact(
        self,
        actor: Agent,
        client_id: int,
        *,
        name: str,
        position: str = "",
        number: str | None = None,
    ) -> int:
        """A new person at the client, perhaps with a number; the contact's id."""
        now, name = self._clock.now(), line("name", name, limit=LONGEST_NAME)
        position = line("position", position, limit=200, required=False)
        numbers = read_numbers(number, self._country) if number and number.strip() else []
        async with self._storage.write() as tx:
            await access_client(tx.connection, actor, client_id, Action.EDIT)
            contact_id = await _insert_contact(tx, now, client_id, name, position)
            for written, understood in numbers:
                await insert_number(tx, now, client_id, contact_id, written, understood)
            assert contact_id is not None
            await self._added(tx, actor, client_id, "contact", contact_id, name)
        return contact_id

    async def add_entity(
        self, actor: Agent, client_id: int, *, country: str, name: str, **requisites: str
    ) -> int:
        """The id of another legal entity, its numbers by the law of `country` ("SK").

        Invalid: required, country_bad, unknown_field, requisite_length, requisite_checksum,
        requisite_format.
        """
        now, country = self._clock.now(), country.strip().upper()
        if len(country) != 2 or not country.isascii() or not country.isalpha():
            raise Invalid("country", "country_bad", value=country)
        name = line("name", name, limit=LONGEST_NAME)
        kept = {
            key: checked_requisite(key, country, key, line(key, written, limit=64))
            for key, written in requisites.items()
            if written.strip() and key in requisites_of(country)
        }
        values = {"country": country, "name": name, "requisites": kept}
        async with self._storage.write() as tx:
            await access_client(tx.connection, actor, client_id, Action.EDIT)
            await _refuse_more(tx, legal_entities, client_id, MOST_ENTITIES, "too_many_entities")
            row = {**values, "client_id": client_id, "created_at": now}
            made = await tx.execute(insert(legal_entities).values(**row))
            entity_id = int(made.inserted_primary_key[0])
            await self._added(tx, actor, client_id, "legal_entity", entity_id, name)
        return entity_id

    async def add_note(
        self,
        actor: Agent,
        client_id: int,
        text: str,
        *,
        lead_id: int | None = None,
        deal_id: int | None = None,
    ) -> int:
        """Write something down about the client, or about one of his leads or deals; the note's id.
        Whoever may see what it is about may. NotFound."""
        now, text = self._clock.now(), paragraphs("text", text, limit=LONGEST_NOTE)
        if not text:
            raise Invalid("text", "required")
        about = About(client_id, lead_id, deal_id)
        async with self._storage.write() as tx:
            await access_about(tx.connection, actor, about)
            row = {**about.columns, "agent_id": actor.id, "text": text, "created_at": now}
            made = await tx.execute(insert(notes).values(**row))
            note_id = int(made.inserted_primary_key[0])
            await reindex(tx, SearchKind.NOTE, note_id)
            tx.announce(ClientChanged(client_id=client_id))
        return note_id

    async def choose(self, actor: Agent, number: str, client_id: int) -> None:
        """Remember that `number`, of those who have it, means this client. Raises NotFound;
        Invalid("number", "number_anonymous") where there is nothing to remember."""
        key = "" if is_anonymous(number) else normalise(number, self._country).key
        if not key:
            raise Invalid("number", "number_anonymous")
        values = {
            "client_id": client_id,
            "chosen_by": actor.id,
            "chosen_at": self._clock.now(),
        }
        async with self._storage.write() as tx:
            await access_client(tx.connection, actor, client_id)
            mine = number_choices.c.number == key
            if not (await tx.execute(update(number_choices).where(mine).values(**values))).rowcount:
                await tx.execute(insert(number_choices).values(number=key, **values))
            tx.announce(ClientChosen(number=key, client_id=client_id))

    async def _of_contact(
        self, tx: Write, actor: Agent, client_id: int, contact_id: int | None
    ) -> Client:
        client = await access_client(tx.connection, actor, client_id, Action.EDIT)
        if contact_id is not None and contact_id not in {each.id for each in client.contacts}:
            raise NotFound(contact_id=contact_id)
        return client

    async def _added(
        self, tx: Write, actor: Agent, client_id: int, kind: str, part_id: int, name: str
    ) -> None:
        now, part = self._clock.now(), {"kind": kind, "id": part_id, "name": name[:120]}
        await audit.record(tx, now, actor.id, "added", "client", client_id, **{PART: part})
        await touch_client(tx, now, client_id)


def _label(written: str) -> str:
    return line("label", written, limit=64, required=False)


def _email(written: str) -> str:
    try:
        return read_point(PointKind.EMAIL, written) if written.strip() else ""
    except Invalid as refused:
        raise Invalid("email", refused.code, **refused.values) from None


async def _insert_contact(
    tx: Write, now: datetime, client_id: int, name: str, position: str = ""
) -> int | None:
    if not name:
        return None
    row = {"client_id": client_id, "name": name, "position": position, "created_at": now}
    return int((await tx.execute(insert(contacts).values(**row))).inserted_primary_key[0])


async def _insert_point(
    tx: Write,
    now: datetime,
    client_id: int,
    contact_id: int | None,
    kind: PointKind,
    kept: str,
    label: str,
) -> int:
    row: dict[str, Any] = {
        "client_id": client_id,
        "contact_id": contact_id,
        "kind": kind.value,
        "written": kept,
        "key": point_key(kind, kept),
        "label": label,
        "created_at": now,
    }
    return int((await tx.execute(insert(contact_points).values(**row))).inserted_primary_key[0])


async def _refuse_more(tx: Write, table: Table, client_id: int, most: int, code: str) -> None:
    query = select(func.count()).where(table.c.client_id == client_id)
    if (await tx.execute(query)).scalar_one() >= most:
        raise Invalid("written" if table is contact_points else "name", code, most=most)
