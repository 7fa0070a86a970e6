"""Consents given, taken back and corrected: each with its evidence, none ever changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.rights import Action
from crm_core.agents.roles import id_of
from crm_core.calls.tables import calls
from crm_core.clients.access import access_client
from crm_core.clients.tables import clients, contacts
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line, paragraphs
from dialer.consents.access import require_keeper
from dialer.consents.kinds import Channel, Purpose
from dialer.consents.tables import consent_wordings, consents
from telephony.numbers import normalise

LONGEST_EVIDENCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class NewConsent:
    """Who agreed to what. `number` as written, "" for any number of his; `contact_id` where it was
    one person of an organisation. `evidence` says what proves it, and where that lies; it may be
    missing where a call does. Instants are aware."""

    client_id: int
    purpose: Purpose
    channel: Channel
    wording_id: int
    given_at: datetime
    number: str = ""
    contact_id: int | None = None
    evidence: str = ""
    call_id: str | None = None
    expires_at: datetime | None = None


class Consents:
    """Commands, audited at the client. Whoever may edit a client records what he says; corrections
    are for those who keep the registry."""

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country

    async def give(self, actor: Agent | None, new: NewConsent) -> int:
        """Keep a consent; its id. NotFound, Forbidden; Invalid: given_at in_future, expires_at
        ends_before_it_begins, wording/contact/call not_a_choice, evidence required or too_long,
        number number_not_valid."""
        async with self._storage.write() as tx:
            return await self.give_within(tx, actor, new)

    async def give_within(self, tx: Write, actor: Agent | None, new: NewConsent) -> int:
        """The same in a transaction that does more."""
        now = self._clock.now()
        await _access(tx, actor, new.client_id)
        row = await self._row(tx, new, now)
        row |= {"recorded_at": now, "recorded_by": id_of(actor)}
        made = await tx.execute(insert(consents).values(**row))
        consent_id = int(made.inserted_primary_key[0])
        await self._note(tx, actor, "consent_given", new.client_id, consent_id, new.purpose)
        return consent_id

    async def revoke(
        self,
        actor: Agent | None,
        consent_id: int,
        *,
        channel: Channel,
        evidence: str = "",
        at: datetime | None = None,
    ) -> None:
        """He has taken it back: from `at` (now) on it does not hold. NotFound, Forbidden;
        Conflict("consent_revoked", "consent_superseded"); Invalid("at"): in_future,
        ends_before_it_begins."""
        async with self._storage.write() as tx:
            await self.revoke_within(
                tx, actor, consent_id, channel=channel, evidence=evidence, at=at
            )

    async def revoke_within(
        self,
        tx: Write,
        actor: Agent | None,
        consent_id: int,
        *,
        channel: Channel,
        evidence: str = "",
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """The same in a transaction that does more; the consent's row as it was."""
        said = paragraphs("evidence", evidence, limit=LONGEST_EVIDENCE)
        known, now = await _get(tx, actor, consent_id), self._clock.now()
        _refuse_ended(known)
        since = _not_in_future("at", at or now, now)
        if since < known["given_at"]:
            raise Invalid("at", "ends_before_it_begins")
        ended = {"revoked_through": channel.value, "revocation": said}
        taken = update(consents).where(consents.c.id == consent_id)
        await tx.execute(taken.values(**ended, revoked_at=since, revoked_by=id_of(actor)))
        client_id, purpose = known["client_id"], known["purpose"]
        await self._note(tx, actor, "consent_revoked", client_id, consent_id, purpose)
        return known

    async def supersede(self, actor: Agent | None, consent_id: int, new: NewConsent) -> int:
        """Put a corrected consent in the place of one; its id. The first stays to be seen. As
        `give` and `revoke`; Conflict("consent_of_another") for another client or purpose."""
        require_keeper(actor)
        async with self._storage.write() as tx:
            known = await _get(tx, actor, consent_id)
            _refuse_ended(known)
            if (known["client_id"], known["purpose"]) != (new.client_id, new.purpose):
                raise Conflict("consent_of_another")
            new_id = await self.give_within(tx, actor, new)
            mine = consents.c.id == consent_id
            await tx.execute(update(consents).where(mine).values(superseded_by_id=new_id))
            client_id = new.client_id
            await self._note(tx, actor, "consent_superseded", client_id, consent_id, new.purpose)
        return new_id

    async def _row(self, tx: Write, new: NewConsent, now: datetime) -> dict[str, Any]:
        given_at = _not_in_future("given_at", new.given_at, now)
        if new.expires_at is not None and new.expires_at <= given_at:
            raise Invalid("expires_at", "ends_before_it_begins")
        evidence = paragraphs("evidence", new.evidence, limit=LONGEST_EVIDENCE)
        if not evidence and new.call_id is None:
            raise Invalid("evidence", "required")
        wordings = consent_wordings.c
        used = select(wordings.id).where(
            wordings.id == new.wording_id, wordings.retired_at.is_(None)
        )
        if (await tx.execute(used)).first() is None:
            raise Invalid("wording", "not_a_choice")
        if new.call_id is not None:
            call = select(calls.c.call_id).where(calls.c.call_id == new.call_id)
            if (await tx.execute(call)).first() is None:
                raise Invalid("call", "not_a_choice")
        return {
            "client_id": new.client_id,
            "contact_id": new.contact_id,
            "contact_bound": new.contact_id is not None,
            "person": await _person(tx, new),
            "e164": self._number(new.number),
            "purpose": new.purpose.value,
            "channel": new.channel.value,
            "wording_id": new.wording_id,
            "evidence": evidence,
            "call_id": new.call_id,
            "given_at": given_at,
            "expires_at": new.expires_at,
        }

    def _number(self, written: str) -> str | None:
        asked = line("number", written, limit=200, required=False)
        if not asked:
            return None
        number = normalise(asked, self._country)
        if number.e164 is None:
            raise Invalid("number", "number_not_valid", number=asked)
        return number.e164

    async def _note(
        self,
        tx: Write,
        actor: Agent | None,
        action: str,
        client_id: int,
        consent_id: int,
        purpose: str,
    ) -> None:
        said = {"consent_id": consent_id, "purpose": str(purpose)}
        now = self._clock.now()
        await audit.record(tx, now, id_of(actor), action, "client", client_id, **said)
        tx.announce(ClientChanged(client_id=client_id))


async def _access(tx: Write, actor: Agent | None, client_id: int) -> None:
    if actor is not None:
        await access_client(tx.connection, actor, existing_id(client_id), Action.EDIT)
        return
    there = select(clients.c.id).where(
        clients.c.id == existing_id(client_id), clients.c.deleted_at.is_(None)
    )
    if (await tx.execute(there)).first() is None:
        raise NotFound(client_id=client_id)


async def _get(tx: Write, actor: Agent | None, consent_id: int) -> dict[str, Any]:
    query = select(consents).where(
        consents.c.id == existing_id(consent_id), consents.c.erased_at.is_(None)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(consent_id=consent_id)
    await _access(tx, actor, row["client_id"])
    return dict(row)


async def _person(tx: Write, new: NewConsent) -> str:
    query = select(clients.c.name).where(clients.c.id == new.client_id)
    if new.contact_id is not None:
        query = select(contacts.c.name).where(
            contacts.c.id == new.contact_id, contacts.c.client_id == new.client_id
        )
    name = (await tx.execute(query)).scalar_one_or_none()
    if name is None:
        raise Invalid("contact", "not_a_choice")
    return str(name)


def _refuse_ended(known: dict[str, Any]) -> None:
    if known["superseded_by_id"] is not None:
        raise Conflict("consent_superseded")
    if known["revoked_at"] is not None:
        raise Conflict("consent_revoked")


def _not_in_future(field: str, at: datetime, now: datetime) -> datetime:
    if at > now:
        raise Invalid(field, "in_future")
    return at
