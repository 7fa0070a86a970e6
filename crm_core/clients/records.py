"""Clients, their contacts and numbers: created and changed, each change told and audited."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, update

from crm_core import audit
from crm_core.agents.people import Agent, get_agent
from crm_core.agents.rights import Action
from crm_core.agents.roles import Role, id_of
from crm_core.clients.access import access_client
from crm_core.clients.numbers import MOST_NUMBERS, access_number, insert_number, read_numbers
from crm_core.clients.queries import Client, get_client
from crm_core.clients.search_text import searchable
from crm_core.clients.tables import client_numbers, clients, contacts, number_choices
from crm_core.clock import Clock
from crm_core.errors import Conflict, Forbidden, Invalid, NotFound
from crm_core.events import ClientChanged, ClientChosen, ClientCreated
from crm_core.storage.engine import Storage, Write
from crm_core.wording import line, paragraphs
from telephony.numbers import is_anonymous, normalise

KINDS = ("person", "organisation")
LONGEST_NAME = 300
LONGEST_NOTE = 20_000


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
        contact_name: str | None = None,
    ) -> int:
        """A new client's id; owned by the operator who made him. `number` may hold several.

        Invalid: required, too_long, number_without_digits, unknown_choice.
        """
        now = self._clock.now()
        values = _checked({"name": name, "kind": kind})
        numbers = read_numbers(number, self._country) if number and number.strip() else []
        contact = line("contact_name", contact_name or "", limit=LONGEST_NAME, required=False)
        owner = actor.id if actor is not None and actor.role is Role.OPERATOR else None
        async with self._storage.write() as tx:
            made = await tx.execute(
                insert(clients).values(
                    **values,
                    owner_agent_id=owner,
                    client_since=now,
                    created_at=now,
                    created_by=id_of(actor),
                    updated_at=now,
                )
            )
            (client_id,) = made.inserted_primary_key
            contact_id = await self._insert_contact(tx, client_id, contact) if contact else None
            for written, understood in numbers:
                await insert_number(tx, now, client_id, contact_id, written, understood)
            await audit.record(
                tx, now, id_of(actor), "created", "client", client_id, **values, number=number or ""
            )
            await _index(tx, client_id)
            tx.announce(ClientCreated(client_id=client_id))
        return int(client_id)

    async def edit(self, actor: Agent, client_id: int, version: int, **fields: str) -> int:
        """Change name, kind or note as of `version`; the new version.

        Conflict("stale", the current values) when somebody changed the client meanwhile.
        """
        values = _checked(fields)
        async with self._storage.write() as tx:
            client = await access_client(tx.connection, actor, client_id, Action.EDIT)
            if client.version != version:
                current = {f: getattr(client, f) for f in ("name", "kind", "note", "version")}
                raise Conflict("stale", **current)
            changed = audit.changes({f: getattr(client, f) for f in values}, values)
            if not changed:
                return version
            await tx.execute(update(clients).where(clients.c.id == client_id).values(**values))
            await self._changed(tx, actor, client_id, "edited", **changed)
        return version + 1

    async def hand_over(self, actor: Agent, client_id: int, owner_agent_id: int | None) -> None:
        """Make somebody the client's owner (None: nobody). Forbidden for another's client to
        operators; Invalid("owner", "agent_inactive")."""
        async with self._storage.write() as tx:
            client = await access_client(tx.connection, actor, client_id, Action.EDIT)
            if actor.role is Role.OPERATOR and client.owner_agent_id not in (None, actor.id):
                raise Forbidden(role=actor.role.value)
            if owner_agent_id == client.owner_agent_id:
                return
            if owner_agent_id is not None:
                owner = await get_agent(tx.connection, owner_agent_id)
                if not owner.active:
                    raise Invalid("owner", "agent_inactive", name=owner.name)
            chosen = update(clients).where(clients.c.id == client_id)
            await tx.execute(chosen.values(owner_agent_id=owner_agent_id))
            change = [client.owner_agent_id, owner_agent_id]
            await self._changed(tx, actor, client_id, "handed_over", owner_agent_id=change)

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
        now, label = self._clock.now(), line("label", label, limit=64, required=False)
        async with self._storage.write() as tx:
            client = await access_client(tx.connection, actor, client_id, Action.EDIT)
            if contact_id is not None and contact_id not in {c.id for c in client.contacts}:
                raise NotFound(contact_id=contact_id)
            numbers = read_numbers(written, self._country)
            if len(client.numbers) + len(numbers) > MOST_NUMBERS:
                raise Invalid("number", "too_many_numbers", most=MOST_NUMBERS)
            ids = [
                await insert_number(tx, now, client_id, contact_id, each, understood, label)
                for each, understood in numbers
            ]
            await self._changed(tx, actor, client_id, "number_added", number=written)
        return ids

    async def remove_number(self, actor: Agent, client_id: int, number_id: int) -> None:
        """Forget a number of the client's. Raises NotFound."""
        async with self._storage.write() as tx:
            number = await access_number(tx, actor, client_id, number_id)
            await tx.execute(delete(client_numbers).where(client_numbers.c.id == number_id))
            await self._changed(tx, actor, client_id, "number_removed", number=number["written"])

    async def mark_wrong(
        self, actor: Agent, client_id: int, number_id: int, *, wrong: bool = True
    ) -> None:
        """Keep the number but never find the client by it again (`wrong=False` takes it back)."""
        async with self._storage.write() as tx:
            number = await access_number(tx, actor, client_id, number_id)
            if number["wrong"] == wrong:
                return
            chosen = update(client_numbers).where(client_numbers.c.id == number_id)
            await tx.execute(chosen.values(wrong=wrong))
            if wrong:
                key = number["e164"] or number["digits"]
                await tx.execute(
                    delete(number_choices).where(
                        number_choices.c.number == key, number_choices.c.client_id == client_id
                    )
                )
            action = "number_wrong" if wrong else "number_right"
            await self._changed(tx, actor, client_id, action, number=number["written"])

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
            contact_id = await self._insert_contact(tx, client_id, name, position)
            for written, understood in numbers:
                await insert_number(tx, now, client_id, contact_id, written, understood)
            await self._changed(tx, actor, client_id, "contact_added", name=name)
        return contact_id

    async def edit_contact(
        self, actor: Agent, client_id: int, contact_id: int, *, name: str, position: str = ""
    ) -> None:
        """Rename a person at the client or give him another position. Raises NotFound."""
        values = {
            "name": line("name", name, limit=LONGEST_NAME),
            "position": line("position", position, limit=200, required=False),
        }
        async with self._storage.write() as tx:
            client = await access_client(tx.connection, actor, client_id, Action.EDIT)
            before = next((c for c in client.contacts if c.id == contact_id), None)
            if before is None:
                raise NotFound(contact_id=contact_id)
            changed = audit.changes({"name": before.name, "position": before.position}, values)
            if changed:
                chosen = update(contacts).where(contacts.c.id == contact_id)
                await tx.execute(chosen.values(**values))
                await self._changed(tx, actor, client_id, "contact_edited", **changed)

    async def remove_contact(self, actor: Agent, client_id: int, contact_id: int) -> None:
        """Forget a person at the client; his numbers stay the client's. Raises NotFound."""
        async with self._storage.write() as tx:
            client = await access_client(tx.connection, actor, client_id, Action.EDIT)
            contact = next((c for c in client.contacts if c.id == contact_id), None)
            if contact is None:
                raise NotFound(contact_id=contact_id)
            freed = update(client_numbers).where(client_numbers.c.contact_id == contact_id)
            await tx.execute(freed.values(contact_id=None))
            await tx.execute(delete(contacts).where(contacts.c.id == contact_id))
            await self._changed(tx, actor, client_id, "contact_removed", name=contact.name)

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
            await access_client(tx.connection, actor, client_id, Action.EDIT)
            mine = number_choices.c.number == key
            if not (await tx.execute(update(number_choices).where(mine).values(**values))).rowcount:
                await tx.execute(insert(number_choices).values(number=key, **values))
            tx.announce(ClientChosen(number=key, client_id=client_id))

    async def _changed(
        self, tx: Write, actor: Agent, client_id: int, action: str, **details: Any
    ) -> None:
        """What every change ends with: version, search column, audit, announcement."""
        now = self._clock.now()
        await tx.execute(
            update(clients)
            .where(clients.c.id == client_id)
            .values(version=clients.c.version + 1, updated_at=now)
        )
        await _index(tx, client_id)
        await audit.record(tx, now, actor.id, action, "client", client_id, **details)
        tx.announce(ClientChanged(client_id=client_id))

    async def _insert_contact(
        self, tx: Write, client_id: int, name: str, position: str = ""
    ) -> int:
        row = {"client_id": client_id, "name": name, "position": position}
        made = await tx.execute(insert(contacts).values(**row, created_at=self._clock.now()))
        return int(made.inserted_primary_key[0])


def _checked(fields: Mapping[str, str]) -> dict[str, str]:
    values = dict(fields)
    for field, written in fields.items():
        if field == "name":
            values[field] = line("name", written, limit=LONGEST_NAME)
        elif field == "note":
            values[field] = paragraphs("note", written, limit=LONGEST_NOTE)
        elif field != "kind":
            raise Invalid(field, "unknown_field")
        elif written not in KINDS:
            raise Invalid("kind", "unknown_choice", value=written)
    return values


async def _index(tx: Write, client_id: int) -> None:
    """Write the shadow column anew from all that is searched."""
    client: Client = await get_client(tx.connection, client_id)
    search = searchable(
        client.name,
        *(contact.name for contact in client.contacts),
        *(number.digits for number in client.numbers),
    )
    await tx.execute(update(clients).where(clients.c.id == client_id).values(search=search))
