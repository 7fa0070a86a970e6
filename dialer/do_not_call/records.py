"""Numbers put on the office's lists and taken off: nothing is deleted, all of it is told why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from crm_core import audit
from crm_core.agents.people import Agent
from crm_core.agents.roles import id_of
from crm_core.calls.tables import calls
from crm_core.clients.access import access_client
from crm_core.clock import Clock
from crm_core.errors import Conflict, Invalid, NotFound
from crm_core.events import ClientChanged
from crm_core.storage.engine import Storage, Write
from crm_core.wording import existing_id, line
from dialer.do_not_call.access import require_keeper, require_may_add
from dialer.do_not_call.kinds import OPT_OUTS, How, ListKind
from dialer.do_not_call.lists import get_list
from dialer.do_not_call.tables import do_not_call_numbers
from telephony.numbers import normalise

LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Said:
    """How and why a number is not to be called, and whose it is as far as that is known. `until`:
    from then on it may be again; None for good."""

    how: How
    reason: str = ""
    client_id: int | None = None
    call_id: str | None = None
    until: datetime | None = None


class DoNotCall:
    """Commands on the numbers of own and campaign lists, audited. NotFound for no such list;
    Conflict("list_is_imported") for a national one, which is only imported whole."""

    def __init__(self, storage: Storage, clock: Clock, country: str) -> None:
        self._storage = storage
        self._clock = clock
        self._country = country

    async def add(self, actor: Agent | None, list_id: int, written: str, said: Said) -> int:
        """Put a number on a list, at once; the id of its row. Anybody on the own one, else who
        keeps the lists. Invalid: number required or number_not_valid, until not_in_future, reason
        too_long, call not_a_choice."""
        e164 = understood(written, self._country)
        async with self._storage.write() as tx:
            known = await get_list(tx.connection, list_id)
            require_may_add(actor, known.kind)
            if known.kind == ListKind.NATIONAL:
                raise Conflict("list_is_imported")
            if actor is not None and said.client_id is not None:
                await access_client(tx.connection, actor, said.client_id)
            return await put(tx, actor, self._clock.now(), list_id, e164, said)

    async def remove(self, actor: Agent | None, number_id: int, why: str) -> None:
        """Take a number off its list. For those who keep the lists, and say why. NotFound for one
        that does not stand there any more; Conflict("opt_out_needs_consent") where the person
        himself wanted it: see `OptOuts.take_back`."""
        require_keeper(actor)
        why = line("why", why, limit=LONGEST_REASON)
        async with self._storage.write() as tx:
            row = await standing_row(tx, number_id)
            if row["how"] in OPT_OUTS:
                raise Conflict("opt_out_needs_consent")
            await take_off(tx, actor, self._clock.now(), row, why)

    async def restore(self, actor: Agent | None, number_id: int) -> int:
        """Undo a removal: the number stands on the list again as it did; the new row's id."""
        require_keeper(actor)
        async with self._storage.write() as tx:
            query = select(do_not_call_numbers).where(
                do_not_call_numbers.c.id == existing_id(number_id),
                do_not_call_numbers.c.removed_at.is_not(None),
            )
            row = (await tx.execute(query)).mappings().one_or_none()
            if row is None:
                raise NotFound(number_id=number_id)
            now = self._clock.now()
            until = row["until"] if row["until"] is None or row["until"] > now else None
            said = Said(How(row["how"]), row["reason"], row["client_id"], row["call_id"], until)
            return await put(tx, actor, now, row["list_id"], row["e164"], said)


def understood(written: str, country: str) -> str:
    """The number in E.164. Invalid("number"): required, number_not_valid."""
    asked = line("number", written, limit=200)
    e164 = normalise(asked, country).e164
    if e164 is None:
        raise Invalid("number", "number_not_valid", number=asked)
    return e164


async def put(
    tx: Write, actor: Agent | None, now: datetime, list_id: int, e164: str, said: Said
) -> int:
    """Have the number stand on the list; the row's id. What stands there already and says as much
    stays; what says less is closed, and what it said beyond is said by the new row, too."""
    reason = line("reason", said.reason, limit=LONGEST_REASON, required=False)
    if said.until is not None and said.until <= now:
        raise Invalid("until", "not_in_future")
    await _refuse_unknown_call(tx, said.call_id)
    table = do_not_call_numbers
    active = select(table).where(
        table.c.list_id == list_id, table.c.e164 == e164, table.c.removed_at.is_(None)
    )
    known = (await tx.execute(active)).mappings().one_or_none()
    if known is not None:
        if known["until"] is None or known["until"] > now:
            if _says_as_much(known, said):
                return int(known["id"])
            said = _both(known, said)
        closed = update(table).where(table.c.id == known["id"])
        await tx.execute(closed.values(removed_at=now, removed_by=id_of(actor)))
    row = {"list_id": list_id, "e164": e164, "how": said.how.value, "reason": reason}
    row |= {"client_id": said.client_id, "call_id": said.call_id, "until": said.until}
    made = await tx.execute(insert(table).values(**row, added_at=now, added_by=id_of(actor)))
    number_id = int(made.inserted_primary_key[0])
    told = {"number_id": number_id, "how": said.how.value}
    await audit.record(tx, now, id_of(actor), "listed", "do_not_call_list", list_id, **told)
    if said.client_id is not None:
        tx.announce(ClientChanged(client_id=said.client_id))
    return number_id


async def standing_row(tx: Write, number_id: int) -> Mapping[str, Any]:
    """The row, of a number that stands on its list. Raises NotFound."""
    query = select(do_not_call_numbers).where(
        do_not_call_numbers.c.id == existing_id(number_id),
        do_not_call_numbers.c.removed_at.is_(None),
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound(number_id=number_id)
    return dict(row)


async def take_off(
    tx: Write, actor: Agent | None, now: datetime, row: Mapping[str, Any], why: str
) -> None:
    """The number stands there no more from now on."""
    mine = do_not_call_numbers.c.id == row["id"]
    gone = {"removed_at": now, "removed_by": id_of(actor), "removal": why}
    await tx.execute(update(do_not_call_numbers).where(mine).values(**gone))
    told = {"number_id": row["id"]}
    subject = "do_not_call_list", row["list_id"]
    await audit.record(tx, now, id_of(actor), "unlisted", *subject, **told)
    if row["client_id"] is not None:
        tx.announce(ClientChanged(client_id=row["client_id"]))


def _says_as_much(known: Mapping[str, Any], said: Said) -> bool:
    """Whether nothing is lost by leaving what stands there: neither that the person himself wanted
    it, nor for how long, nor whose number it is."""
    asked_himself = known["how"] in OPT_OUTS or said.how not in OPT_OUTS
    until = known["until"]
    as_long = until is None or (said.until is not None and until >= said.until)
    return asked_himself and as_long and said.client_id in (None, known["client_id"])


def _both(known: Mapping[str, Any], said: Said) -> Said:
    asked_before = known["how"] in OPT_OUTS and said.how not in OPT_OUTS
    ends = (known["until"], said.until)
    return replace(
        said,
        how=How(known["how"]) if asked_before else said.how,
        until=None if None in ends else max(ends),
        client_id=said.client_id or known["client_id"],
    )


async def _refuse_unknown_call(tx: Write, call_id: str | None) -> None:
    if call_id is None:
        return
    query = select(calls.c.call_id).where(calls.c.call_id == call_id)
    if (await tx.execute(query)).first() is None:
        raise Invalid("call", "not_a_choice")
